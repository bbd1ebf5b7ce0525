"""The .tflite that convert writes has the structure of the interfaces document."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from skipstone.quantize.convert.network import LARGEST_THRESHOLD, convert
from skipstone.quantize.convert.random_checkpoint import random_checkpoint, write_random_checkpoint
from skipstone.quantize.models.costs import NetworkCosts
from skipstone.quantize.tflite.metadata import encode, read_features, read_skip_table, read_tokens
from skipstone.quantize.tflite.model import Model
from skipstone.quantize.tflite.options import IfOptions
from skipstone.quantize.tflite.reader import read_model

SMALL = {"d_model": 16, "layers": 2, "heads": 2, "head_dim": 8, "positions": 4, "ffn": 24, "vocabulary": 5}


def small_model(**sizes: object) -> Model:
    return read_model(convert(random_checkpoint(2, **{**SMALL, **sizes})))


@pytest.mark.parametrize("arbitrator_input", ["front", "block"])
def test_inputs_and_outputs(arbitrator_input: str) -> None:
    model = small_model(arbitrator_input=arbitrator_input)
    main = model.main
    features, gate_bias = (main.tensors[i] for i in main.inputs)
    logits, gates = (main.tensors[i] for i in main.outputs)
    assert (features.name, features.shape, features.dtype) == ("features", (1, 160), "int8")
    assert (features.scale, features.zero_point) == (0.125, 0)
    assert (gate_bias.name, gate_bias.shape, gate_bias.zero_point) == ("gate_bias", (1, 4), 0)
    assert (logits.name, logits.shape, logits.dtype) == ("head", (1, 5), "int8")
    assert (gates.shape, gates.dtype) == ((1, 4), "bool")


def test_a_transducer_reads_the_last_tokens_and_names_its_head() -> None:
    model = small_model(head="transducer", predictor_width=6, joint_width=10)
    previous = model.main.tensors[model.main.inputs[2]]
    assert (previous.name, previous.shape, previous.dtype) == ("previous", (1, 2), "int32")
    tokens, table = read_tokens(model), read_skip_table(model)
    assert tokens is not None
    assert table is not None
    assert (tokens.head, tokens.blank) == ("transducer", 0)
    assert table.fixed_macs == 16 * (160 + 7) + 2 * 6 * 6 + 10 * (16 + 6) + 10 * 5


def test_no_float_tensor_and_no_quantize_operator() -> None:
    model = small_model()
    assert {t.dtype for g in model.subgraphs for t in g.tensors} <= {"int8", "int32", "bool", "resource"}
    operators = {op.name for g in model.subgraphs for op in g.operators}
    assert not operators & {"QUANTIZE", "DEQUANTIZE", "CAST"}


def test_every_block_is_an_if_with_its_own_body_and_one_shared_pass_through() -> None:
    model = small_model()
    table = read_skip_table(model)
    assert table is not None
    options = [op.options for op in model.main.operators if isinstance(op.options, IfOptions)]
    assert [o.then_subgraph for o in options] == [block.subgraph for block in table.blocks]
    (pass_through,) = {o.else_subgraph for o in options}
    graph = model.subgraphs[pass_through]
    assert graph.operators == ()
    assert graph.inputs == graph.outputs
    assert [block.name for block in table.blocks] == ["layer0/mha", "layer0/ffn", "layer1/mha", "layer1/ffn"]


def test_the_residual_stream_has_one_quantization() -> None:
    model = small_model()
    stream = [model.main.tensors[op.outputs[0]] for op in model.main.operators if op.name == "IF"]
    bodies = [g for g in model.subgraphs[1:] if len(g.inputs) == 1]
    stream += [g.tensors[i] for g in bodies for i in (*g.inputs, *g.outputs)]
    assert {(t.scale, t.zero_point) for t in stream} == {(stream[0].scale, 0)}


def test_metadata_costs_equal_those_of_training() -> None:
    for sizes in ({}, {"arbitrator_input": "block"}, {"kv_policy": "always_kv"}):
        checkpoint = random_checkpoint(2, **{**SMALL, **sizes})
        model = read_model(convert(checkpoint))
        table, costs = read_skip_table(model), NetworkCosts.of(checkpoint.config)
        assert table is not None
        assert tuple(block.macs for block in table.blocks) == costs.blocks
        assert (table.arbitrator_macs, table.fixed_macs) == (costs.arbitrators, costs.fixed)
        for block in table.blocks:
            graph = model.subgraphs[block.subgraph]
            weights = [t for t in graph.tensors if t.name.endswith(("/weight", "/bias"))]
            assert block.weight_bytes == sum(t.data.nbytes for t in weights if t.data is not None)
        tokens = read_tokens(model)
        assert tokens is not None and tokens.tokens == checkpoint.tokens
        assert read_features(model) == checkpoint.features.as_dict()


def test_the_skip_table_says_what_a_skip_leaves_undone() -> None:
    for policy, expected in (("mask", ["identity"] * 4), ("always_kv", ["write_kv", "identity"] * 2)):
        table = read_skip_table(small_model(kv_policy=policy))
        assert table is not None
        assert [block.on_skip for block in table.blocks] == expected
        assert b"fixed_block_macs" in encode(table) or policy == "mask", "left out where it is 0"


def test_thresholds_are_rounded_and_leave_room_for_forced_gates() -> None:
    for threshold, expected in ((0.0, 0), (1e6, LARGEST_THRESHOLD), (-1e6, -128)):
        table = read_skip_table(small_model(gate_threshold=threshold))
        assert table is not None
        assert {block.threshold for block in table.blocks} == {expected}


def test_the_same_checkpoint_gives_the_same_bytes() -> None:
    data = convert(random_checkpoint(9, **SMALL))
    assert data == convert(random_checkpoint(9, **SMALL))
    assert data != convert(random_checkpoint(10, **SMALL))


def test_random_activations_are_plausible() -> None:
    checkpoint = random_checkpoint(4)
    for name, tensor in checkpoint.tensors.items():
        assert np.isfinite(tensor).all(), name
    assert 0.005 < checkpoint.scale("residual") < 0.5


def test_the_verb_converts_without_torch(tmp_path: Path) -> None:
    checkpoint = write_random_checkpoint(tmp_path / "c", 1, **SMALL)
    program = (
        "import sys\n"
        "sys.modules['torch'] = None\n"
        "from skipstone.tools.cli.verbs.convert import convert_checkpoint\n"
        "from pathlib import Path\n"
        "convert_checkpoint(Path(sys.argv[1]), Path(sys.argv[2]))\n"
    )
    target = tmp_path / "model.tflite"
    command = [sys.executable, "-c", program, str(checkpoint), str(target)]
    result = subprocess.run(command, capture_output=True, text=True, check=True)
    assert "mha blocks" in result.stdout
    assert target.read_bytes() == convert(random_checkpoint(1, **SMALL))

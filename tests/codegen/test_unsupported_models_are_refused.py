"""What has no C is named in full, with a remedy each, and nothing is left behind."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from codegen_host_program import host_board
from codegen_small_models import GraphBuilder, Tensor, gated_model, straight_model
from skipstone.firmware.codegen import facts
from skipstone.firmware.codegen.boards import MemoryRegion
from skipstone.firmware.codegen.errors import BoardLimitError, CodegenError, UnsupportedModelError
from skipstone.firmware.codegen.generate import compile_network, generate, generate_files
from skipstone.firmware.codegen.importer import build_network
from skipstone.firmware.codegen.packing.operator import KernelVariant
from skipstone.firmware.codegen.selection import select_kernels
from skipstone.quantize.convert.network import convert
from skipstone.quantize.convert.random_checkpoint import random_checkpoint
from skipstone.quantize.tflite.errors import TfliteError
from skipstone.quantize.tflite.metadata import SkipTable, Tokens, encode
from skipstone.quantize.tflite.options import (
    AddOptions,
    Conv2DOptions,
    FullyConnectedOptions,
    GatherOptions,
    IfOptions,
)
from skipstone.quantize.tflite.writer import ModelWriter

SMALL = {"d_model": 8, "layers": 1, "heads": 2, "head_dim": 4, "positions": 4, "ffn": 8}


def refusal(model: bytes) -> UnsupportedModelError:
    with pytest.raises(UnsupportedModelError) as caught:
        generate_files(model, "net", host_board())
    error = caught.value
    assert all(finding.problem and finding.remedy for finding in error.findings)
    assert "net.tflite" in error.cause
    return error


@pytest.mark.parametrize(
    ("rows", "dtype", "width"),
    [(4, "int32", 3), (6, "int8", 3), (6, "int32", 4)],
    ids=["rows", "type", "width"],
)
def test_a_third_input_that_is_not_the_last_tokens_is_named(rows: int, dtype: str, width: int) -> None:
    """Six logits want a table of six rows, indices int32 and whole rows copied."""
    writer = ModelWriter("three inputs")
    g = GraphBuilder(writer.subgraph("main"), 1)
    x = g.input("features", 6)
    g.input("gate_bias", 1)
    previous = g.graph.input("previous", (1, 2), dtype, **({"scale": 1.0} if dtype == "int8" else {}))
    table = g.graph.tensor("table", (rows, 3), scale=0.05, data=np.ones((rows, 3)))
    embedded = g.computed("embedded", (1, 2, width))
    g.graph.operator("GATHER", [table, previous], [embedded.index], GatherOptions())
    y = g.fc("logits", g.concat("all", [x, g.reshape("flat", embedded, (1, 2 * width))]), 6)
    g.graph.set_outputs(y.index)
    assert "3 inputs" in str(refusal(writer.to_bytes()))


@pytest.mark.parametrize(("head", "context_tokens"), [("transducer", 0), ("ctc", 2)])
def test_a_head_that_contradicts_the_graph_is_refused(head: str, context_tokens: int) -> None:
    network = build_network(convert(random_checkpoint(1, **SMALL)), "net")
    network.tokens = Tokens(head=head, tokens=network.tokens.tokens)
    network.context_tokens = context_tokens
    with pytest.raises(CodegenError, match=f"the head {head}") as caught:
        facts.check_head(network)
    assert "skipstone convert" in caught.value.remedy


def test_all_problems_are_named_at_once(tmp_path: Path) -> None:
    writer = ModelWriter("bad")
    g = GraphBuilder(writer.subgraph("main"), 1)
    x = g.input("features", 6)
    y = g.fc("dense", x, 6)
    t = g.computed("squashed", (1, 6))
    g.graph.operator("ELU", [y.index], [t.index])
    floating = g.graph.tensor("floating", (1, 6), "float32")
    g.graph.operator("DEQUANTIZE", [t.index], [floating])
    image = g.reshape("image", y, (1, 1, 2, 3))
    weight = g.graph.tensor("conv/w", (2, 1, 1, 3), scale=0.1, data=np.ones((2, 1, 1, 3)))
    conv = g.computed("enc/conv1", (1, 1, 2, 2))
    g.graph.operator("CONV_2D", [image.index, weight], [conv.index], Conv2DOptions(stride=(2, 2)))
    open_ended = g.computed("open_ended", (1, 6))
    g.graph.operator("ADD", [t.index, y.index], [open_ended.index], AddOptions())
    g.graph.table.tensors[open_ended.index].shapeSignature = [1, -1]
    g.graph.set_outputs(open_ended.index)
    path = tmp_path / "bad.tflite"
    path.write_bytes(writer.to_bytes())
    with pytest.raises(UnsupportedModelError) as caught:
        generate(path, host_board(), tmp_path / "out")
    subjects = {finding.subject for finding in caught.value.findings}
    assert subjects >= {
        "elu 'squashed'",
        "dequantize 'floating'",
        "tensor 'floating'",
        "conv_2d 'enc/conv1'",
        "tensor 'open_ended'",
    }
    assert "5 constructs" in caught.value.cause
    assert sorted(p.name for p in tmp_path.iterdir()) == ["bad.tflite"]


def test_an_existing_folder_survives_a_refusal(tmp_path: Path) -> None:
    out = tmp_path / "out"
    good, bad = tmp_path / "good.tflite", tmp_path / "bad.tflite"
    good.write_bytes(convert(random_checkpoint(1, **SMALL)))
    bad.write_bytes(b"\0\0\0\0TFL3" + bytes(100))
    generate(good, host_board(), out)
    before = {p.name: p.read_bytes() for p in out.iterdir()}
    with pytest.raises(TfliteError):
        generate(bad, host_board(), out)
    assert {p.name: p.read_bytes() for p in out.iterdir()} == before
    with pytest.raises(TfliteError, match="cannot read"):
        generate(tmp_path / "absent.tflite", host_board(), out)


def _impossible_scales(g: GraphBuilder, x: Tensor) -> Tensor:
    return g.add("sum", x, g.fc("same", x, 10), scale=1e-9)


@pytest.mark.parametrize(
    ("build", "subject", "problem"),
    [
        (_impossible_scales, "add 'sum'", "output scale"),
    ],
)
def test_construct_without_c(
    build: Callable[[GraphBuilder, Tensor], Tensor], subject: str, problem: str
) -> None:
    error = refusal(straight_model(build, features=10))
    assert any(f.subject == subject and problem in f.problem for f in error.findings), error.cause


def test_two_logits_of_different_scales_in_a_block_are_no_identity() -> None:
    model = gated_model(
        [lambda g, x: g.fc("y", x, 9, scale=0.07)],
        lambda g, x: g.fc("f", x, 9),
        lambda g, a, b: g.fc("h", b, 2),
    )
    assert "no identity" in refusal(model).cause


def test_int4_weights_with_a_scale_a_channel_are_refused() -> None:
    """As stock TFLM refuses them."""
    writer = ModelWriter("int4")
    graph = writer.subgraph("main")
    x = graph.input("features", (1, 4), scale=0.1)
    weights = graph.tensor("w", (2, 4), "int4", scale=(0.1, 0.2), data=np.ones((2, 4)))
    y = graph.tensor("logits", (1, 2), scale=0.1)
    graph.operator("FULLY_CONNECTED", [x, weights, -1], [y], FullyConnectedOptions())
    graph.set_outputs(y)
    assert "int4 weights with one scale a channel" in str(refusal(writer.to_bytes()))


def test_a_first_output_that_is_no_number_is_named() -> None:
    """It ended in an IndexError of the lowering."""
    writer = ModelWriter("bits")
    graph = writer.subgraph("main")
    x = graph.input("x", (1, 4), scale=0.1)
    limit = graph.tensor("limit", (1, 4), scale=0.1, data=np.zeros((1, 4)))
    bits = graph.tensor("bits", (1, 4), "bool")
    graph.operator("GREATER", [x, limit], [bits])
    graph.set_outputs(bits)
    error = refusal(writer.to_bytes())
    assert [str(finding) for finding in error.findings] == [
        "tensor 'bits': type bool; features and logits are quantized integers"
    ]


def test_else_branch_that_computes_is_refused() -> None:
    writer = ModelWriter("else")
    main = GraphBuilder(writer.subgraph("main"), 1)
    bodies = [GraphBuilder(writer.subgraph(name), 2) for name in ("then", "otherwise")]
    for body in bodies:
        body.graph.set_outputs(body.fc("y", body.input("x", 4), 4).index)
    x, bias = main.input("features", 4), main.input("gate_bias", 1, scale=0.1)
    logit = main.add("biased", main.fc("arbitrator", x, 1), bias)
    zero = main.graph.tensor("zero", (1, 1), scale=0.05, data=[[0]])
    gates = main.graph.tensor("gates", (1, 1), "bool")
    main.graph.operator("GREATER", [logit.index, zero], [gates])
    after = main.computed("after", x.shape)
    options = IfOptions(*(body.graph.index for body in bodies))
    main.graph.operator("IF", [gates, x.index], [after.index], options)
    main.graph.set_outputs(after.index, gates)
    assert "else branch computes" in refusal(writer.to_bytes()).cause


def _reads_fewer_rows(g: GraphBuilder, x: Tensor) -> Tensor:
    return g.fc("out", g.depthwise("conv", g.read("state", 3, 9)), 9)


def _front_and_push(g: GraphBuilder, x: Tensor) -> Tensor:
    row = g.fc("front", x, 9)
    g.push("state", row, 4)
    return row


def test_a_state_that_is_read_with_another_size_is_named() -> None:
    model = gated_model([_reads_fewer_rows], _front_and_push, lambda g, first, last: g.fc("head", last, 3))
    assert "27 bytes of a variable that has 36" in refusal(model).cause


def test_skip_table_that_contradicts_the_graph() -> None:
    network = build_network(convert(random_checkpoint(1, **SMALL)), "net")
    program = compile_network(network)
    table = network.skip_table
    swapped = [
        b.model_copy(update={"subgraph": c.subgraph})
        for b, c in zip(table.blocks, table.blocks[::-1], strict=True)
    ]
    network.skip_table = SkipTable.model_validate_json(
        encode(table.model_copy(update={"blocks": tuple(swapped)}))
    )
    with pytest.raises(CodegenError, match="SKIP_TABLE"):
        facts.block_facts(network, program, select_kernels(program, KernelVariant.REF))


def test_a_board_that_is_too_small_is_named_with_both_memories(tmp_path: Path) -> None:
    path = tmp_path / "net.tflite"
    path.write_bytes(convert(random_checkpoint(1, **SMALL)))
    flash = MemoryRegion(origin=0, length=1000)
    ram = MemoryRegion(origin=0x20000000, length=64 * 1024)
    board = host_board().model_copy(update={"memory": {"flash": flash, "ram": ram}})
    with pytest.raises(BoardLimitError) as caught:
        generate(path, board, tmp_path / "out")
    assert "flash" in caught.value.cause and "of 1,000 bytes" in caught.value.cause
    assert "RAM" in caught.value.cause
    assert not (tmp_path / "out").exists()

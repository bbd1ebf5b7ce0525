"""Which operators become jobs, and what is said of the others."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from codegen_host_program import host_board
from skipstone.firmware.codegen import generate
from skipstone.firmware.codegen.boards import load_board
from skipstone.firmware.codegen.generate import Generated, generate_files
from skipstone.firmware.codegen.importer import build_network
from skipstone.firmware.codegen.npu import vela
from skipstone.firmware.codegen.npu.accelerator import (
    ACCELERATORS,
    Accelerator,
    accelerator_for,
    find_accelerator,
    missing_on,
)
from skipstone.firmware.codegen.npu.errors import (
    InexactJobError,
    NpuError,
    RefusedGraphError,
    StrictError,
    VelaError,
)
from skipstone.firmware.codegen.npu.job import CompiledJob
from skipstone.firmware.codegen.npu.partition import Compile, NpuSettings, Partition, partition_network
from skipstone.firmware.codegen.npu.vela import CompiledGraph
from skipstone.quantize.convert.network import convert
from skipstone.quantize.convert.random_checkpoint import random_checkpoint
from skipstone.quantize.integer.interpreter import IntegerInterpreter
from skipstone.quantize.tflite.model import Operator, Subgraph, Tensor
from skipstone.quantize.tflite.options import FullyConnectedOptions
from skipstone.quantize.tflite.reader import read_model
from skipstone.quantize.tflite.writer import ModelWriter
from skipstone.tools.npu.check import check_job

pytest.importorskip("ethosu.vela", reason="the extra npu is not installed")

SIZES: dict[str, Any] = {
    "d_model": 32,
    "layers": 1,
    "heads": 2,
    "head_dim": 16,
    "positions": 6,
    "ffn": 48,
    "conv_taps": 3,
    "vocabulary": 9,
}


@pytest.fixture(scope="module")
def model() -> bytes:
    return convert(random_checkpoint(3, **SIZES))


def generated(model: bytes, accelerator: str = "ethos-u55-128", **settings: Any) -> Generated:
    """C of ``model``, of which everything goes to the NPU unless the settings say otherwise."""
    npu = NpuSettings(find_accelerator(accelerator), **{"min_macs": 0, **settings})
    return generate_files(model, "model", host_board(), npu)


def section(model: bytes, **settings: Any) -> dict[str, Any]:
    """What ``codegen.json`` says of the NPU."""
    return dict(json.loads(generated(model, **settings).files["codegen.json"])["npu"])


def test_every_block_is_one_job_that_its_gate_starts(model: bytes) -> None:
    result = generated(model)
    table = json.loads(result.files["codegen.json"])
    jobs = {job["block"]: job for job in table["npu"]["jobs"] if job["block"] >= 0}
    assert sorted(jobs) == [0, 1]
    assert [jobs[block["index"]]["macs"] for block in table["blocks"]] == [b["macs"] for b in table["blocks"]]
    assert "layer0/mha/context" in jobs[0]["operators"]
    bodies = result.files["model.c"].split("static void step(")
    assert bodies[0].count("ss_npu_run(") == 2, "a skipped block starts no job"
    assert ".block = 0" in result.files["npu_jobs.c"] and ".block = -1" in result.files["npu_jobs.c"]


def test_every_operator_is_in_a_job_or_named_with_a_reason(model: bytes) -> None:
    table = json.loads(generated(model).files["codegen.json"])
    on_npu = {name for job in table["npu"]["jobs"] for name in job["operators"]}
    left = {entry["name"] for entry in table["npu"]["cpu_operators"]}
    structure = {"memcpy", "ss_next_row", "if", "memset"}
    named = {row["name"] for row in table["operators"] if row["kernel"] not in structure}
    assert named == on_npu | left
    assert not on_npu & left
    assert all(entry["reason"] for entry in table["npu"]["cpu_operators"])


def test_states_and_activations_are_shared_without_copies(model: bytes) -> None:
    """Only what the caller owns, at any alignment, is copied; a block hands its memory over as it is."""
    code = generated(model).files["model.c"]
    copies = [line.strip().split(", ")[:2] for line in code.splitlines() if "memcpy(" in line]
    assert copies == [
        ["memcpy(features_npu", "features"],
        ["memcpy(gate_bias_npu", "gate_bias"],
        ["memcpy(logits", "head_npu"],
    ]


def test_streams_and_weights_are_in_the_self_test(model: bytes) -> None:
    result = generated(model)
    for job in result.model.npu.jobs if result.model.npu else ():
        name = job.name.replace("/", "_")
        assert f"model_{name}_npu_commands" in result.files["weights.c"]
        assert f'.name = "{name}_npu_constants"' in result.files["model.c"]


def test_small_jobs_stay_on_the_cpu(model: bytes) -> None:
    table = section(model, min_macs=4000)
    assert [job["block"] for job in table["jobs"]] == [0, -1]
    reasons = {entry["name"]: entry["reason"] for entry in table["cpu_operators"]}
    assert reasons["layer0/ffn/up"] == "a job of 3,072 MACs, fewer than --npu-min-macs 4,000"


def test_kinds_can_be_left_to_the_cpu(model: bytes) -> None:
    table = section(model, leave=frozenset({"ATTENTION"}))
    reasons = {entry["name"]: entry["reason"] for entry in table["cpu_operators"]}
    assert reasons["layer0/mha/context"] == "--npu-leave ATTENTION"
    assert sum(job["block"] == 0 for job in table["jobs"]) == 2, "before attention, and after it"


def test_strict_names_all_that_is_left(model: bytes) -> None:
    with pytest.raises(StrictError, match="front/conv") as refused:
        generated(model, is_strict=True, min_macs=5000)
    assert "layer0/ffn/up" in str(refused.value) and "gates" not in str(refused.value)


def test_rows_that_are_not_aligned_keep_attention_on_the_cpu() -> None:
    odd = convert(random_checkpoint(3, **{**SIZES, "d_model": 36, "heads": 3, "head_dim": 12}))
    reasons = {entry["name"]: entry["reason"] for entry in section(odd)["cpu_operators"]}
    assert "36 bytes" in reasons["layer0/mha/context"]


def test_the_same_model_gives_the_same_bytes(model: bytes) -> None:
    assert generated(model).files == generated(model).files


@pytest.mark.parametrize("name", list(ACCELERATORS))
def test_every_accelerator_compiles(model: bytes, name: str) -> None:
    result = generated(model, name)
    assert result.model.npu is not None
    assert len([job for job in result.model.npu.jobs if job.macs]) >= 4
    assert all(job.cycles >= job.compute_cycles > 0 for job in result.model.npu.jobs if job.macs)


def test_parts_are_tflite_files_that_compute_what_the_model_does(model: bytes) -> None:
    """The last part of a block ends in the tensor that the body ends in, of the same shape."""
    npu = generated(model).model.npu
    assert npu is not None
    mha = next(job for job in npu.jobs if job.name == "layer0/mha/residual")
    assert len(mha.parts) == 2, "attention reads rows that the first part writes"
    mains = [IntegerInterpreter(part.graph).model.main for part in mha.parts]
    assert [op.name for op in mains[0].operators] == ["FULLY_CONNECTED"] * 3
    assert mains[1].tensors[mains[1].outputs[0]].shape == (1, 32)
    assert [row for row, _ in mha.rows] == [3, 4]


def test_the_check_finds_a_wrong_weight(model: bytes) -> None:
    """One damaged bias is enough."""
    npu = generated(model, check=check_job).model.npu
    assert npu is not None
    job = next(job for job in npu.jobs if job.name == "layer0/ffn/residual")
    assert check_job(job, npu.settings.accelerator) > 0
    scales = job.constants.copy()
    scales[2] ^= 0x20  # the first bias, by 2^21
    damaged = CompiledJob(**{**vars(job), "constants": scales})
    with pytest.raises(InexactJobError, match="FULLY_CONNECTED"):
        check_job(damaged, npu.settings.accelerator)


def test_a_missing_vela_is_told(model: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vela.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(VelaError, match="not installed") as refused:
        generated(model)
    assert "skipstone[npu]" in refused.value.remedy


def layer(dtype: str) -> bytes:
    """A graph of one fully connected layer; Vela 5.2 dies of int4 weights."""
    writer = ModelWriter("test")
    graph = writer.subgraph("main")
    source = graph.input("x", (1, 16), scale=0.1)
    weights = graph.tensor("w", (16, 16), dtype, scale=0.1, data=np.eye(16, dtype=np.int8))
    output = graph.tensor("y", (1, 16), scale=0.1)
    graph.operator("FULLY_CONNECTED", [source, weights, -1], [output], FullyConnectedOptions())
    graph.set_outputs(output)
    return writer.to_bytes()


def test_graphs_that_vela_refuses_keep_no_other_from_being_compiled() -> None:
    good, bad = ("good", layer("int8")), ("int4", layer("int4"))
    graphs = [good, ("odd", b"no .tflite"), good, bad, good]
    results = vela.compile_graphs(graphs, find_accelerator("ethos-u55-128"))
    refused = [isinstance(result, RefusedGraphError) for result in results]
    assert refused == [False, True, False, True, False]
    assert "vela refuses odd for ethos-u55-128" in str(results[1])


def test_what_vela_refuses_is_left_to_the_cpu(model: bytes) -> None:
    """One operator that it names, and one graph of which it says nothing."""

    def compile_graphs(
        graphs: Sequence[tuple[str, bytes]], accelerator: Accelerator
    ) -> list[CompiledGraph | RefusedGraphError]:
        results = vela.compile_graphs(graphs, accelerator)
        for position, (_, graph) in enumerate(graphs):
            main = read_model(graph).main
            names = {tensor.name for operator in main.operators for tensor in outputs_of(main, operator)}
            if "layer0/ffn/up" in names:
                results[position] = RefusedGraphError("too wide", "-", frozenset({"layer0/ffn/up"}))
            if "head" in names:
                results[position] = RefusedGraphError("not today", "-")
        return results

    settings = NpuSettings(find_accelerator("ethos-u55-128"), 0)
    partition = partition_of(model, settings, compile_graphs)
    reasons = {left.name: left.reason for left in partition.left}
    assert reasons["layer0/ffn/up"] == "too wide" and reasons["head"] == "not today"
    on_npu = {operator.name for job in partition.jobs for operator in job.operators}
    assert {"layer0/ffn/down", "layer0/ffn/residual", "front/projection"} <= on_npu
    assert not on_npu & set(reasons)


def outputs_of(graph: Subgraph, operator: Operator) -> list[Tensor]:
    """Tensors that an operator computes."""
    return [graph.tensors[index] for index in operator.outputs]


def partition_of(model: bytes, settings: NpuSettings, compile_with: Compile) -> Partition:
    """The division of a model, with another compiler."""
    partition = Partition(settings)
    network = build_network(model, "model")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(generate, "partition_network", lambda *given: partition_network(*given, compile_with))
        generate.compile_network(network, partition)
    return partition


def test_what_differs_from_tflm_is_left_to_the_cpu(model: bytes) -> None:
    """The operators that differ alone, or the whole run where each of them is equal alone."""

    def check(job: CompiledJob, accelerator: Accelerator) -> None:
        names = {operator.name for operator in job.operators}
        if "layer0/mha/context" in names or {"layer0/ffn/up", "layer0/ffn/down"} <= names:
            raise InexactJobError("bytes differ", "-")

    table = section(model, check=check)
    left = {entry["name"] for entry in table["cpu_operators"] if entry["reason"] == "bytes differ"}
    assert left == {"layer0/mha/context", "layer0/ffn/up", "layer0/ffn/down", "layer0/ffn/residual"}
    assert sum(job["block"] == 0 for job in table["jobs"]) == 2


def test_boards_and_accelerators() -> None:
    board = load_board("mps3-an547")
    assert missing_on(board, find_accelerator("ethos-u55-128")) is None
    assert missing_on(board, find_accelerator("ethos-u55-64")) == "mps3-an547 has an ethos-u55-128"
    assert missing_on(load_board("mps2-an386"), find_accelerator("ethos-u55-128")) == "mps2-an386 has no NPU"
    assert accelerator_for(board, "ethos-u65-256").memory_mode == "Sram_Only"
    with pytest.raises(NpuError, match="ethos-u56"):
        find_accelerator("ethos-u56-128")

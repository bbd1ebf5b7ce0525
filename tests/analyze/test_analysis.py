"""What an analysis says of a small gated model, and that it is what code generation then does."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from skipstone.firmware.codegen.boards import load_board
from skipstone.firmware.codegen.generate import generate_files
from skipstone.quantize.convert.network import convert
from skipstone.quantize.convert.random_checkpoint import random_checkpoint
from skipstone.quantize.tflite.options import AddOptions, FullyConnectedOptions, WhileOptions
from skipstone.quantize.tflite.writer import ModelWriter
from skipstone.tools.analyze.analysis import Analysis, analyze
from skipstone.tools.analyze.errors import AnalyzeError
from skipstone.tools.analyze.picture import draw_arena

SMALL = {"d_model": 16, "layers": 1, "heads": 2, "head_dim": 8, "positions": 4, "ffn": 24, "vocabulary": 5}


@pytest.fixture(scope="module")
def model() -> bytes:
    return convert(random_checkpoint(1, **SMALL))


@pytest.fixture(scope="module")
def analysis(model: bytes) -> Analysis:
    return analyze(model, "small", load_board("mps2-an386"))


def test_what_a_loop_repeats_counts_as_often_as_it_runs() -> None:
    """Three iterations of one layer of 4 × 4, and the copy behind it."""
    writer = ModelWriter("loop")
    main, condition, body = (writer.subgraph(name) for name in ("main", "condition", "body"))
    x, begin = main.input("x", (1, 4), scale=0.1), main.tensor("begin", (1,), "int32", data=[0])
    outputs = [main.tensor("y", (1, 4), scale=0.1), main.tensor("last", (1,), "int32")]
    for graph in (condition, body):
        graph.input("x", (1, 4), scale=0.1)
        graph.input("counter", (1,), "int32")
    more = condition.tensor("more", (1,), "bool")
    condition.operator("LESS", [1, condition.tensor("end", (1,), "int32", data=[3])], [more])
    condition.set_outputs(more)
    weight = body.tensor("weight", (4, 4), scale=0.1, data=np.eye(4))
    following = [body.tensor("x/next", (1, 4), scale=0.1), body.tensor("next", (1,), "int32")]
    body.operator("FULLY_CONNECTED", [0, weight], following[:1], FullyConnectedOptions())
    body.operator("ADD", [1, body.tensor("one", (1,), "int32", data=[1])], following[1:], AddOptions())
    body.set_outputs(*following)
    main.operator("WHILE", [x, begin], outputs, WhileOptions(condition.index, body.index))
    main.set_outputs(outputs[0])
    board = load_board("mps2-an386")
    analysis = analyze(writer.to_bytes(), "loop", board)
    assert (analysis.findings, analysis.fixed_macs) == ((), 3 * 16)
    layer = next(op for op in analysis.operations if op.operator == "FULLY_CONNECTED")
    assert layer.macs == 3 * 16
    generated = json.loads(generate_files(writer.to_bytes(), "loop", board).files["codegen.json"])
    assert sum(row["macs"] for row in generated["operators"]) == generated["fixed_macs"] == 3 * 16


@pytest.mark.parametrize("board", ["mps2-an386", "mps3-an547"])
def test_sizes_are_those_of_code_generation(model: bytes, board: str) -> None:
    analysis = analyze(model, "small", load_board(board))
    generated = json.loads(generate_files(model, "small", load_board(board)).files["codegen.json"])
    for key in ("arena_bytes", "arena_lower_bound_bytes", "state_bytes", "weight_bytes", "fixed_macs"):
        assert getattr(analysis, key) == generated[key], key
    assert [block.macs for block in analysis.blocks] == [block["macs"] for block in generated["blocks"]]
    assert [op.kernel for op in analysis.operations] == [op["kernel"] for op in generated["operators"]]


def test_buffers_that_live_together_do_not_overlap(analysis: Analysis) -> None:
    for a in analysis.arena:
        assert a.offset + a.bytes <= analysis.arena_bytes
        for b in analysis.arena:
            together = a is not b and a.first <= b.last and b.first <= a.last
            assert not together or a.offset + a.bytes <= b.offset or b.offset + b.bytes <= a.offset


def test_instructions_add_up(analysis: Analysis) -> None:
    assert analysis.unknown_kernels == ()
    blocks = sum(block.instructions or 0 for block in analysis.blocks)
    assert analysis.open_instructions == pytest.approx(analysis.shut_instructions + blocks)
    assert 0 < analysis.shut_instructions < analysis.open_instructions


def test_a_board_that_is_too_small(model: bytes) -> None:
    board = load_board("mps2-an386")
    tiny = board.model_copy(
        update={"memory": {**board.memory, "flash": board.memory["flash"].model_copy(update={"length": 512})}}
    )
    (fit,) = analyze(model, "small", board, boards=(tiny,)).fits
    assert not fit.fits
    assert "512 bytes" in fit.reason


def test_everything_unsupported_is_named() -> None:
    writer = ModelWriter("unsupported")
    graph = writer.subgraph("main")
    x = graph.input("x", (1, 4), scale=0.1)
    first, second = (graph.tensor(name, (1, 4), scale=0.1) for name in ("cosine", "floor"))
    graph.operator("COS", [x], [first])
    graph.operator("FLOOR", [first], [second])
    graph.set_outputs(second)
    analysis = analyze(writer.to_bytes(), "odd", load_board("mps2-an386"))
    assert not analysis.is_supported
    assert [finding.subject for finding in analysis.findings] == ["cos 'cosine'", "floor 'floor'"]
    with pytest.raises(AnalyzeError, match="no memory plan"):
        draw_arena(analysis, Path("arena.png"))


def test_picture(analysis: Analysis, tmp_path: Path) -> None:
    draw_arena(analysis, tmp_path / "arena.png")
    assert (tmp_path / "arena.png").read_bytes().startswith(b"\x89PNG")
    assert [path.name for path in tmp_path.iterdir()] == ["arena.png"]
    with pytest.raises(AnalyzeError, match="suffix"):
        draw_arena(analysis, tmp_path / "arena.txt")

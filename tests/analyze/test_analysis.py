"""What an analysis says of a small gated model, and that it is what code generation then does."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from skipstone.firmware.codegen.boards import load_board
from skipstone.firmware.codegen.generate import generate_files
from skipstone.quantize.convert.network import convert
from skipstone.quantize.convert.random_checkpoint import random_checkpoint
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

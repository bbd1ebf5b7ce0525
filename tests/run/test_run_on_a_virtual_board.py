"""`skipstone run` end to end: a random model on a virtual Cortex-M4, audio over serial, bundle and report."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from skipstone.tools import virtual
from skipstone.tools.cli.main import app, load_verbs
from skipstone.tools.run.bundle import read_bundle
from typer.testing import CliRunner

BOARD = "mps2-an386"


@pytest.fixture(scope="module", autouse=True)
def loaded() -> None:
    """The verbs, registered once a process (another test file may have done it)."""
    if not app.registered_commands and not app.registered_groups:
        load_verbs()


@pytest.fixture(scope="module")
def own_boards(tmp_path_factory: pytest.TempPathFactory) -> object:
    """Virtual boards of this module only, so that other tests' boards are left alone."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_RUNTIME_DIR", str(tmp_path_factory.mktemp("boards")))
        yield


@pytest.fixture(scope="module")
def folder(
    own_boards: object,
    tmp_path_factory: pytest.TempPathFactory,
    model_path: Path,
    clip_paths: tuple[Path, ...],
) -> Path:
    """The bundle of a run over two clips."""
    work = tmp_path_factory.mktemp("run")
    clips = [str(path) for path in clip_paths]
    arguments = [
        "run",
        str(model_path),
        *clips,
        "--board",
        BOARD,
        "-o",
        str(work / "out"),
        "--work",
        str(work / "w"),
    ]
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 0, result.output
    assert "0 mismatches" in result.output
    return work / "out"


@pytest.mark.xdist_group("virtual-run")
def test_every_step_equals_tflm(folder: Path) -> None:
    bundle = read_bundle(folder)
    board = bundle.record.boards[0]
    assert bundle.record.verdict == "valid"
    assert board.mismatches == 0
    assert board.compared_steps == 3 * len(bundle.frames.gates)
    for frames in bundle.frames.passes.values():
        assert frames.equal.all()


@pytest.mark.xdist_group("virtual-run")
def test_costs_are_ordered_and_of_the_right_kind(folder: Path) -> None:
    board = read_bundle(folder).record.boards[0]
    none, gated, everything = (
        board.of(gates).instructions_per_step for gates in ("none", "arbitrator", "all")
    )
    assert 0 < none < gated <= everything
    assert (board.instructions_kind, board.cycles_kind, board.energy.kind) == (
        "exact",
        "modelled",
        "estimated",
    )
    assert sum(row.share for row in board.blocks) == pytest.approx(1.0, abs=1e-6)
    assert board.flash_bytes > 0 and board.ram_bytes > board.arena_bytes > 0


@pytest.mark.xdist_group("virtual-run")
def test_report_can_be_rendered_again(folder: Path) -> None:
    before = (folder / "report.html").read_bytes()
    (folder / "report.html").unlink()
    result = CliRunner().invoke(app, ["report", str(folder)])
    assert result.exit_code == 0, result.output
    assert (folder / "report.html").read_bytes() == before
    assert set(json.loads((folder / "manifest.json").read_text())["files"]) == {
        "run.json",
        "frames.npz",
        "report.html",
    }


@pytest.mark.xdist_group("virtual-run")
def test_the_board_is_stopped_in_the_end(folder: Path) -> None:
    assert BOARD not in {board.name for board in virtual.running()}

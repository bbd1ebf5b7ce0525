"""The preset behind ``make demo``: the shipped checkpoint and clips on an M4 and an M55."""

from __future__ import annotations

import json
from pathlib import Path

from skipstone.quantize.artefacts import write_file
from skipstone.quantize.convert.checkpoint import read_checkpoint
from skipstone.quantize.convert.network import convert
from skipstone.tools.run.errors import RunError
from skipstone.tools.run.progress import RunProgress
from skipstone.tools.run.record import RunRecord
from skipstone.tools.run.settings import RunSettings

BOARDS = ("mps2-an386", "mps3-an547")
FOLDER = Path("build/demo")
CHECKPOINT = Path("models/commands/checkpoint")
CLIPS = Path("models/commands/clips/manifest.jsonl")


def prepare_demo(root: Path, boards: tuple[str, ...], progress: RunProgress) -> RunSettings:
    """Convert the shipped checkpoint; everything goes to ``build/demo``.

    Raises:
        RunError: ``root`` is not a checkout of Skipstone.
    """
    if not (root / CHECKPOINT).is_dir() or not (root / CLIPS).is_file():
        raise RunError(
            f"{root} holds no {CHECKPOINT} and {CLIPS}", "run the demo in a checkout of the repository"
        )
    model = root / FOLDER / "commands.tflite"
    with progress.stage("convert the checkpoint"):
        write_file(model, convert(read_checkpoint(root / CHECKPOINT)))
    return RunSettings(
        model=model,
        clips=(root / CLIPS,),
        boards=boards or BOARDS,
        output=root / FOLDER / "run",
        work=root / FOLDER / "firmware",
    )


def write_summary(record: RunRecord) -> None:
    """Leave the figures that matter in ``build/demo/summary.json``."""
    summary = {
        "wer": record.word_error_rate,
        "compute_fraction": record.boards[0].of("arbitrator").compute_fraction,
        "boards": {
            board.name: {
                "instructions_per_step_all": board.of("all").instructions_per_step,
                "instructions_per_step_none": board.of("none").instructions_per_step,
                "instructions_per_step_gated": board.of("arbitrator").instructions_per_step,
                "byte_equal_steps": board.compared_steps - board.mismatches,
                "mismatches": board.mismatches,
            }
            for board in record.boards
        },
    }
    write_file(FOLDER / "summary.json", json.dumps(summary, indent=2) + "\n")

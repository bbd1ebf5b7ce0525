"""What the intent decoder costs on virtual boards: instructions a step, beside those of the model.

    python benchmarks/intent_cost.py                 writes benchmarks/results/intent_cost.json

One demo clip is streamed through the firmware of the shipped model and its grammar; the counts are exact.
"""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from rich.console import Console
from rich.table import Table
from skipstone.firmware.codegen.boards import load_board
from skipstone.firmware.codegen.generate import generate
from skipstone.quantize.artefacts import write_file
from skipstone.quantize.evaluation.evaluate import SpeechMetadata, step_features
from skipstone.quantize.tflite.reader import read_file_bytes, read_model
from skipstone.tools.build.firmware import build_firmware
from skipstone.tools.run.flashed import flashed

ROOT = Path(__file__).resolve().parent.parent
COMMANDS = ROOT / "models" / "commands"
CLIP = COMMANDS / "clips" / "flite_rms_brew_a_double.wav"
STEPS_A_REQUEST = 10


def main(
    model: Annotated[Path, typer.Option(help="A .tflite with a CTC head.")] = COMMANDS / "model.tflite",
    grammar: Annotated[Path, typer.Option(help="Its grammar.")] = COMMANDS / "grammar.toml",
    clip: Annotated[Path, typer.Option(help="A recording.")] = CLIP,
    boards: Annotated[str, typer.Option(help="Names, parted by commas.")] = "mps2-an386,mps3-an547",
    output: Annotated[Path, typer.Option("-o", "--output")] = ROOT / "benchmarks/results/intent_cost.json",
) -> None:
    """Measure and record."""
    settings = SpeechMetadata.of(read_model(read_file_bytes(model))).features
    features = step_features(clip, settings)
    rows = [_measure(name, model, grammar, features) for name in boards.split(",")]
    report = {"version": 1, "model": model.name, "grammar": grammar.name, "clip": clip.name, "rows": rows}
    write_file(output, json.dumps(report, indent=1) + "\n")
    table = Table(title="instructions a step, exact", title_justify="left")
    for heading in ("board", "decoder", "model", "RAM", "flash", "heard"):
        table.add_column(heading, justify="left" if heading in ("board", "heard") else "right")
    for row in rows:
        figures = [row[key] for key in ("decoder_instructions", "model_instructions", "ram", "flash")]
        heard = ", ".join([row["intent"] or "no command", *row["slots"].values()])
        table.add_row(row["board"], *(f"{figure:,.0f}" for figure in figures), heard)
    Console().print(table)


def _measure(name: str, model: Path, grammar: Path, features: np.ndarray) -> dict:
    board = load_board(name)
    with tempfile.TemporaryDirectory() as temporary:
        code, elf = Path(temporary) / "code", Path(temporary) / "firmware.elf"
        generated = generate(model, board, code, grammar)
        build_firmware(code, board, elf)
        with flashed(board, elf) as device:
            device.reset()
            pages = range(0, len(features), STEPS_A_REQUEST)
            batches = [device.step_features(features[i : i + STEPS_A_REQUEST]) for i in pages]
            reading = device.intent()
    sizes = json.loads(generated.files["codegen.json"])["grammar"]
    return {
        "board": name,
        "steps": reading.steps,
        "decoder_instructions": reading.instructions / reading.steps,
        "model_instructions": float(np.concatenate([batch.instructions for batch in batches]).mean()),
        "ram": sizes["working_bytes"],
        "flash": sizes["table_bytes"],
        "intent": reading.intent,
        "slots": dict(reading.slots),
    }


if __name__ == "__main__":
    typer.run(main)

"""A latency measurement from model and clips to a record, on one board."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from skipstone.firmware.codegen.boards import load_board
from skipstone.quantize.corpora.manifest import Utterance
from skipstone.tools.device.results import DeviceInfo
from skipstone.tools.latency.measure import LatencyRow, measure_latency, read_timed
from skipstone.tools.run.firmware import make_firmware
from skipstone.tools.run.flashed import flashed
from skipstone.tools.run.model import load_model
from skipstone.tools.run.progress import RunProgress

GATE_SOURCES = ("arbitrator", "all")


@dataclass(frozen=True)
class LatencyRecord:
    """Delays on one board, a row a gate source; ``step_seconds`` is the audio of one step."""

    info: DeviceInfo
    step_seconds: float
    utterances: int
    rows: tuple[LatencyRow, ...]

    def as_dict(self, words: bool = True) -> dict[str, Any]:
        """A table for JSON, with every single word if asked for."""
        rows = [
            row.as_dict() | ({"words": [asdict(word) for word in row.delays]} if words else {})
            for row in self.rows
        ]
        return {
            "version": 1,
            "model_sha256": self.info.model_sha256,
            "board": self.info.board,
            "clock_hz": self.info.clock_hz,
            "compute_kind": self.info.cycles_kind,
            "step_seconds": self.step_seconds,
            "utterances": self.utterances,
            "rows": rows,
        }


def record_latency(
    model: Path,
    utterances: Sequence[Utterance],
    board: str,
    work: Path,
    progress: RunProgress,
    port: str | None = None,
) -> LatencyRecord:
    """Build the firmware in ``work``, flash it, and stream all clips once a gate source.

    Args:
        model: the ``.tflite``.
        utterances: with word times; those without are left out.
        board: name or folder.
        work: folder for generated C and firmware.
        progress: shows the stages.
        port: serial port of a real board.

    Raises:
        LatencyError: no utterance has word times, or no word was recognised.
        SkipstoneError: the firmware cannot be built, flashed or reached.
    """
    known, loaded = load_board(board), load_model(model)
    with progress.stage("read clips"):
        clips = read_timed(utterances, loaded.features)
    with progress.stage(f"{known.name}: code, build"):
        elf = make_firmware(model, known, work / known.name)
    step_seconds = loaded.features.step_length / loaded.features.sample_rate
    steps, tokens, rows = sum(len(clip.features) for clip in clips), loaded.facts.tokens, []
    with flashed(known, elf, port, progress.stage(f"{known.name}: flash")) as device:
        device.set_idle_reset(loaded.facts.idle_reset, loaded.facts.idle_blocks)
        for source in GATE_SOURCES:
            with progress.stage(f"{known.name}: stream, gates {source}", steps) as advance:
                rows.append(measure_latency(device, clips, tokens, source, step_seconds, advance))
        return LatencyRecord(device.info, step_seconds, len(clips), tuple(rows))

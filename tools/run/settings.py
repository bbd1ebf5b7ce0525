"""What the user asked for."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from skipstone.tools.run.errors import RunError
from skipstone.tools.run.record import GateSource

PASSES: tuple[GateSource, ...] = ("arbitrator", "all", "none")


@dataclass(frozen=True)
class RunSettings:
    """One run.

    Attributes:
        model: the ``.tflite`` file.
        clips: audio files and JSONL manifests, in the order of the report.
        boards: board names or folders; at least one.
        port: serial port of a real board; then there is exactly one board.
        output: folder of the result bundle; replaced when the run ends.
        work: folder for generated C and firmware, kept so that the next run can flash it again.
        limit: use at most this many clips.
        npu: accelerator that runs the blocks, such as ``ethos-u55-128``; every board must have it.
    """

    model: Path
    clips: tuple[Path, ...]
    boards: tuple[str, ...]
    output: Path
    work: Path
    port: str | None = None
    limit: int | None = None
    npu: str | None = None

    def check(self) -> None:
        """Refuse what cannot work before anything is built.

        Raises:
            RunError: no clip, no board, a missing file, or a port with several boards.
        """
        if not self.model.is_file():
            raise RunError(
                f"{self.model} does not exist", "give a .tflite file, e.g. from `skipstone convert`"
            )
        if not self.clips:
            raise RunError("no clip was given", "name WAV files or a manifest.jsonl after the model")
        missing = [str(path) for path in self.clips if not path.is_file()]
        if missing:
            raise RunError(f"not found: {', '.join(missing)}", "give existing audio files or manifests")
        if not self.boards:
            raise RunError("no board was given", "pass --board NAME (repeatable)")
        if len(set(self.boards)) != len(self.boards):
            raise RunError("a board was given twice", "name every board once")
        if self.port is not None and len(self.boards) != 1:
            raise RunError(
                "a port was given with several boards",
                "run one real board at a time: one --board, one --port",
            )
        if self.output.exists() and not self.output.is_dir():
            raise RunError(f"{self.output} is a file", "give another folder with -o")
        if self.output.is_dir() and any(self.output.iterdir()) and not (self.output / "run.json").exists():
            raise RunError(
                f"{self.output} holds other files and would be replaced", "give a new folder with -o"
            )

"""What a sweep gives: one point an offset."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class DialPoint:
    """All utterances at one setting.

    Attributes:
        gates: ``arbitrator``, or ``all`` for the model with nothing skipped.
        threshold_offset: added to the gate logits, in units of two logit steps; 0 for ``all``.
        errors: substitutions, deletions and insertions of words.
        words: words of the references.
        steps: model steps.
        compute_fraction: in MACs, see ``docs/reference/interfaces.md`` section 2.
        instructions_per_step: mean of the model, front end apart.
        cycles_per_step: the same in cycles.
    """

    gates: str
    threshold_offset: int
    errors: int
    words: int
    steps: int
    compute_fraction: float
    instructions_per_step: float
    cycles_per_step: float

    @property
    def word_error_rate(self) -> float:
        """Errors over words."""
        return self.errors / self.words


@dataclass(frozen=True)
class DialRecord:
    """A sweep on one board.

    Attributes:
        board: its name.
        model_sha256: digest of the .tflite.
        manifest: file name of the manifest.
        utterances: how many of it.
        instructions_kind, cycles_kind: ``exact``, ``measured``, ``modelled`` or ``none``.
        points: offsets upwards, then everything on.
    """

    board: str
    model_sha256: str
    manifest: str
    utterances: int
    instructions_kind: str
    cycles_kind: str
    points: tuple[DialPoint, ...]

    def as_dict(self) -> dict[str, Any]:
        """Plain data for JSON, rates rounded."""
        data = {"version": 1, **asdict(self)}
        data["points"] = [
            {
                **asdict(point),
                "word_error_rate": round(point.word_error_rate, 5),
                "compute_fraction": round(point.compute_fraction, 4),
                "instructions_per_step": round(point.instructions_per_step),
                "cycles_per_step": round(point.cycles_per_step),
            }
            for point in self.points
        ]
        return data

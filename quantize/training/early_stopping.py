"""When a stage has stopped getting better."""

from __future__ import annotations

from dataclasses import dataclass

from skipstone.quantize.training.stage_recipe import Stage


@dataclass(frozen=True)
class Best:
    """The best epoch of a stage so far.

    Attributes:
        epoch: counted from 1.
        score: of that epoch (:func:`score`).
    """

    epoch: int
    score: float


def score(stage: Stage, word_error_rate: float, fraction: float) -> float:
    """What is to become small: the word error rate, plus the share of compute above the stage's target.

    Without the second term the first gated epochs, whose gates are still open, would win.
    """
    target = stage.cost_target if stage.cost_weight > 0 else 1.0
    return word_error_rate + max(0.0, fraction - target)


def counts(stage: Stage, epoch: int) -> bool:
    """Whether ``epoch`` (from 1) may be the best: not while the price of compute still rises."""
    return stage.cost_weight == 0 or epoch >= stage.epochs * stage.cost_ramp


def is_better(stage: Stage, epoch: int, value: float, best: Best | None) -> bool:
    """Whether an epoch of score ``value`` replaces ``best``."""
    return counts(stage, epoch) and (best is None or value < best.score)


def is_over(stage: Stage, epoch: int, best: Best | None) -> bool:
    """Whether the stage ends after ``epoch`` epochs."""
    if epoch >= stage.epochs:
        return True
    return stage.patience > 0 and best is not None and epoch - best.epoch >= stage.patience

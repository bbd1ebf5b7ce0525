"""Schedules over a stage; ``progress`` runs from 0 to 1."""

from __future__ import annotations

import math


def one_cycle(progress: float, warm_up: float, floor: float = 0.04, final: float = 1e-3) -> float:
    """Factor on the peak learning rate: cosine up from ``floor`` over ``warm_up``, cosine down to ``final``.

    (Smith and Topin 2018, "super-convergence", with one learning rate for all parameters.)
    """
    if progress < warm_up:
        return floor + (1 - floor) * _half_cosine(progress / warm_up)
    return final + (1 - final) * (1 - _half_cosine((progress - warm_up) / (1 - warm_up)))


def geometric(start: float, end: float, progress: float) -> float:
    """From ``start`` to ``end`` by a constant factor per step."""
    return start * (end / start) ** progress


def _half_cosine(part: float) -> float:
    return 0.5 - 0.5 * math.cos(math.pi * min(1.0, max(0.0, part)))

"""Fit of one kernel's cost: least squares of relative errors, with non-negative coefficients."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Work = dict[str, int]
ROUNDS = 20_000


def fit(works: list[Work], counts: list[int]) -> dict[str, Any]:
    """Coefficients, and the errors when each case is predicted from all others (leave one out).

    Args:
        works: quantities of each case.
        counts: its instructions.
    """
    names = sorted({name for work in works for name in work})
    table = np.array([[work.get(name, 0) for name in names] for work in works], float)
    target = np.array(counts, float)
    coefficients = _solve(table, target)
    left_out = [
        float(table[i] @ _solve(np.delete(table, i, 0), np.delete(target, i))) for i in range(len(target))
    ]
    errors = 100 * np.abs(np.array(left_out) - target) / target
    return {
        "coefficients": {
            name: round(float(value), 5) for name, value in zip(names, coefficients, strict=True) if value
        },
        "cases": len(works),
        "mean_error_percent": round(float(errors.mean()), 2),
        "worst_error_percent": round(float(errors.max()), 2),
    }


def _solve(table: NDArray[np.float64], target: NDArray[np.float64]) -> NDArray[np.float64]:
    """Minimise ``((table @ x - target) / target)²`` over ``x ≥ 0`` (NNLS, Lawson and Hanson 1974)."""
    from scipy.optimize import nnls

    scaled = table / target[:, None]
    width = np.maximum(np.abs(scaled).max(axis=0), 1e-12)
    solution, _ = nnls(scaled / width, np.ones(len(target)), maxiter=ROUNDS)
    return np.asarray(solution / width)

"""SVDF on int8 tensors: scales of its two stages (TFLM ``PrepareSvdf``, svdf_common.cc)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from skipstone.quantize.arithmetic.fixed_point import quantize_multiplier

BIAS_SCALE_TOLERANCE = 1e-5
"""TFLM refuses a bias whose scale is farther from state scale · time weight scale than this."""


@dataclass(frozen=True)
class SvdfParameters:
    """Multipliers and shifts (left positive) of a SVDF.

    Attributes:
        feature: of the projections that enter the state.
        output: of the sums over time, whose clamp is int8.
    """

    feature: tuple[int, int]
    output: tuple[int, int]


def svdf_parameters(
    input_scale: float, feature_scale: float, time_scale: float, state_scale: float, output_scale: float
) -> SvdfParameters:
    """Derive the parameters; products and quotients are float32, as in TFLM."""
    source, feature, time, state, output = (
        np.float32(scale) for scale in (input_scale, feature_scale, time_scale, state_scale, output_scale)
    )
    with np.errstate(over="ignore", under="ignore"):
        stages = float(source * feature / state), float(state * time / output)
    return SvdfParameters(quantize_multiplier(stages[0]), quantize_multiplier(stages[1]))


def check_bias_scale(bias_scale: float, time_scale: float, state_scale: float) -> None:
    """Refuse what TFLM refuses.

    Raises:
        ValueError: the scale of the bias is not that of the sums over time.
    """
    product = float(np.float32(state_scale) * np.float32(time_scale))
    if abs(float(np.float32(bias_scale)) - product) >= BIAS_SCALE_TOLERANCE:
        raise ValueError(f"a bias of scale {bias_scale}, but state and time weights give {product}")

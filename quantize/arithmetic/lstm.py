"""UNIDIRECTIONAL_SEQUENCE_LSTM, int8 or 16x8, with an int16 cell: rescalings, one update of the cell.

Source: TFLM ``lstm_eval_common.cc`` (``PrepareGateParametersInteger``) and ``lstm_eval.h`` (``LstmStep``).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from skipstone.quantize.arithmetic.fixed_point import (
    LARGEST_WIDE_SHIFT,
    LIMITS,
    IntegerArray,
    multiply_by_quantized_multiplier,
    multiply_wide,
    quantize_multiplier,
)
from skipstone.quantize.arithmetic.sigmoid16 import logistic16, tanh16

GATES = ("input", "forget", "cell", "output")
"""Order of the weights in the file, and of everything here that has one entry a gate."""
GATE_INPUT_SCALE = 2.0**-12
GATE_OUTPUT_SCALE = 2.0**-15
INT16_MIN, INT16_MAX = -(1 << 15), (1 << 15) - 1
TANH_SHIFTS = range(-15, 13)
"""Of the cell, to steps of 1/4096; with more the product with 3 would leave int32."""

Factor = tuple[int, int]
"""Multiplier and shift, left positive."""


@dataclass(frozen=True)
class LstmParameters:
    """Rescalings of a LSTM.

    Attributes:
        from_input: of input · weights to the gates' input, one a gate.
        from_hidden: of hidden state · weights, likewise.
        forget: of forget gate · cell.
        update: of input gate · cell gate.
        hidden: of output gate · tanh(cell).
        tanh: multiplier and right shift of ``sigmoid16.tanh16`` on the cell.
        cell_clip: limit of the cell's magnitude; 0: none.
        hidden_zero_point: of the hidden state.
        dtype: of input and hidden state, int8 or int16. With int16 the gates' sums are int64.
    """

    from_input: tuple[Factor, ...]
    from_hidden: tuple[Factor, ...]
    forget: Factor
    update: Factor
    hidden: Factor
    tanh: tuple[int, int]
    cell_clip: int
    hidden_zero_point: int
    dtype: str = "int8"


def lstm_parameters(
    input_scale: float,
    input_weight_scales: Sequence[float],
    hidden: tuple[float, int],
    hidden_weight_scales: Sequence[float],
    cell_scale: float,
    cell_clip: float,
    dtype: str = "int8",
) -> LstmParameters:
    """Derive the parameters.

    Args:
        input_scale: of the input.
        input_weight_scales: in the order of :data:`GATES`.
        hidden: scale and zero point of the hidden state.
        hidden_weight_scales: of the recurrent weights, likewise.
        cell_scale: of the cell, a power of two.
        cell_clip: real limit of the cell; 0: none.
        dtype: of input and hidden state.

    Raises:
        ValueError: a cell scale that is no power of two or out of the range of TANH, a negative clip, or
            int16 with a rescaling by 2^7 or more, for which TFLM's arithmetic is not defined.
    """
    fraction, power = math.frexp(float(np.float32(cell_scale)))
    shift = power - 1 + 15 - 3
    if fraction != 0.5 or shift not in TANH_SHIFTS:
        raise ValueError(f"a cell state of scale {cell_scale}, which is no power of two in 2^-27 … 1")
    if not cell_clip >= 0:
        raise ValueError(f"a cell clip of {cell_clip}")
    forget = GATE_OUTPUT_SCALE * cell_scale / cell_scale
    square = GATE_OUTPUT_SCALE * GATE_OUTPUT_SCALE
    parameters = LstmParameters(
        from_input=tuple(_gate_multiplier(input_scale, scale) for scale in input_weight_scales),
        from_hidden=tuple(_gate_multiplier(hidden[0], scale) for scale in hidden_weight_scales),
        forget=quantize_multiplier(forget),
        update=quantize_multiplier(square / float(np.float32(cell_scale))),
        hidden=quantize_multiplier(square / float(np.float32(hidden[0]))),
        tanh=(3 << shift, 0) if shift >= 0 else (3, -shift),
        cell_clip=int(min(float(np.float32(cell_clip)) / float(np.float32(cell_scale)), INT16_MAX)),
        hidden_zero_point=hidden[1],
        dtype=dtype,
    )
    largest = max(shift for _, shift in (*parameters.from_input, *parameters.from_hidden))
    if dtype == "int16" and largest > LARGEST_WIDE_SHIFT:
        raise ValueError(f"a left shift by {largest} of an int64 accumulator; TFLM takes at most 7")
    return parameters


def _gate_multiplier(scale: float, weight_scale: float) -> Factor:
    """TFLM multiplies these two float32 scales in double, unlike those of FULLY_CONNECTED."""
    return quantize_multiplier(float(np.float32(scale)) * float(np.float32(weight_scale)) / GATE_INPUT_SCALE)


def gate_input(
    from_input: IntegerArray, from_hidden: IntegerArray, p: LstmParameters, gate: int
) -> IntegerArray:
    """Sum of the two rescaled accumulators, each clamped to int16, as the sum is."""
    rescale = multiply_wide if p.dtype == "int16" else multiply_by_quantized_multiplier
    parts = [
        rescale(from_input, *p.from_input[gate]).clip(INT16_MIN, INT16_MAX),
        rescale(from_hidden, *p.from_hidden[gate]).clip(INT16_MIN, INT16_MAX),
    ]
    return (parts[0] + parts[1]).clip(INT16_MIN, INT16_MAX)


def update_cell(
    gates: Sequence[IntegerArray], cell: IntegerArray, p: LstmParameters
) -> tuple[IntegerArray, IntegerArray]:
    """One step of all units.

    Args:
        gates: :func:`gate_input` of each gate, in the order of :data:`GATES`.
        cell: int16 values held as int64.

    Returns:
        ``(cell, hidden)``: the next values, held as int64.
    """
    admit, forget, release = (logistic16(gates[i], 3, 0) for i in (0, 1, 3))
    kept = multiply_by_quantized_multiplier(forget * cell, *p.forget).clip(INT16_MIN, INT16_MAX)
    added = multiply_by_quantized_multiplier(admit * tanh16(gates[2], 3, 0), *p.update)
    following = (kept + added.clip(INT16_MIN, INT16_MAX)).clip(INT16_MIN, INT16_MAX)
    if p.cell_clip > 0:
        following = following.clip(-p.cell_clip, p.cell_clip)
    scaled = multiply_by_quantized_multiplier(release * tanh16(following, *p.tanh), *p.hidden)
    return following, (scaled + p.hidden_zero_point).clip(*LIMITS[p.dtype])

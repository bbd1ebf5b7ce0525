"""Random cases of SVDF and UNIDIRECTIONAL_SEQUENCE_LSTM, with their expected outputs."""

from __future__ import annotations

import numpy as np
from case_program import KernelCase
from numpy.typing import NDArray
from random_cases import Rng, int8, zero_point
from random_int16_cases import ALIGNMENT, int16
from skipstone.firmware.codegen.packing import KernelVariant
from skipstone.firmware.codegen.packing.lstm import LstmLayer, pack_lstm
from skipstone.firmware.codegen.packing.svdf import SvdfLayer, pack_svdf
from skipstone.quantize.arithmetic.fixed_point import (
    multiply_by_quantized_multiplier,
    requantize,
    wrap_int32,
)
from skipstone.quantize.arithmetic.lstm import GATES, LstmParameters, gate_input, lstm_parameters, update_cell
from skipstone.quantize.arithmetic.svdf import SvdfParameters, svdf_parameters

SPREAD = {"int8": 74, "int16": 19_000}
"""Standard deviation of random values of full range."""
Sums = NDArray[np.int64]


def _values(rng: Rng, dtype: str, *shape: int) -> NDArray[np.generic]:
    return int8(rng, *shape) if dtype == "int8" else int16(rng, *shape)


def _bytes(values: NDArray[np.generic]) -> NDArray[np.int8]:
    return np.ascontiguousarray(values).ravel().view(np.int8)


def svdf_case(
    rng: Rng, sizes: tuple[int, int, int, int, int], dtype: str, variant: KernelVariant
) -> KernelCase:
    """One execution on a state in the middle of a stream.

    Args:
        rng: source of the values.
        sizes: batches, inputs, memory, rank, units.
        dtype: of the state and its weights.
        variant: of the kernel.
    """
    batches, inputs, memory, rank, units = sizes
    filters = rank * units
    x, state = int8(rng, batches, inputs), _values(rng, dtype, batches, filters, memory)
    feature, time = int8(rng, filters, inputs), _values(rng, dtype, filters, memory)
    bias = rng.integers(-3000, 3000, units).astype(np.int32)
    points = zero_point(rng), 0 if dtype == "int16" else int(rng.integers(-20, 20)), zero_point(rng)
    p = svdf_parameters(
        0.01,
        SPREAD[dtype] / (74 * 74 * np.sqrt(inputs)) * float(rng.uniform(0.5, 2)),
        74 / (SPREAD[dtype] ** 2 * np.sqrt(memory * rank)) * float(rng.uniform(0.5, 2)),
        0.01,
        0.01,
    )
    layer = SvdfLayer(batches, rank, feature, time, bias, points, p)
    expected = _svdf(layer, x.astype(np.int64), state.astype(np.int64), np.iinfo(dtype))
    operator = pack_svdf(layer, variant)
    return KernelCase(
        f"{operator.kernel} {sizes}",
        operator,
        [x.ravel(), _bytes(state)],
        expected.astype(np.int8).ravel(),
        macs=layer.macs,
        alignment=ALIGNMENT if dtype == "int16" else 1,
    )


def _svdf(layer: SvdfLayer, x: Sums, state: Sums, limits: np.iinfo) -> Sums:
    """int64[batches, units] outputs; a saturated int8 wraps around when the zero point is added."""
    p: SvdfParameters = layer.parameters
    source, middle, target = layer.zero_points
    projected = wrap_int32((x - source) @ layer.feature.astype(np.int64).T)
    newest = multiply_by_quantized_multiplier(projected, *p.feature).clip(limits.min, limits.max) + middle
    newest = newest.astype(limits.dtype).astype(np.int64)
    window = np.concatenate([state[:, :, 1:], newest[:, :, None]], axis=2) - middle
    total = (window * layer.time.astype(np.int64)).sum(axis=2)
    sums = total.reshape(layer.batches, -1, layer.rank).sum(axis=2) + layer.bias
    return np.asarray(requantize(wrap_int32(sums), *p.output, target))


def lstm_case(
    rng: Rng,
    sizes: tuple[int, int, int, int],
    dtype: str,
    variant: KernelVariant,
    time_major: bool = False,
) -> KernelCase:
    """One execution on states in the middle of a stream; output: all steps.

    Args:
        rng: source of the values.
        sizes: batches, steps, inputs, units.
        dtype: of input and hidden state.
        variant: of the kernel.
        time_major: the first axis of input and output is time.
    """
    batches, steps, inputs, units = sizes
    axes = (steps, batches) if time_major else (batches, steps)
    x, hidden = _values(rng, dtype, *axes, inputs), _values(rng, dtype, batches, units)
    cell = int16(rng, batches, units)
    hidden_scale, point = float(rng.uniform(0.5, 1.2)) / (2 * SPREAD[dtype]), 0
    if dtype == "int8":
        point = int(rng.choice([0, -7, 20]))
    scales = [
        [float(rng.uniform(0.3, 3)) / (scale * 74 * SPREAD[dtype] * np.sqrt(size)) for _ in GATES]
        for scale, size in ((1e-3, inputs), (hidden_scale, units))
    ]
    clip, cell_scale = float(rng.choice([0, 0, 3])), 2.0 ** -int(rng.choice([9, 11, 12, 13]))
    p = lstm_parameters(1e-3, scales[0], (hidden_scale, point), scales[1], cell_scale, clip, dtype)
    bias = rng.integers(-9000, 9000, 4 * units) * (1 if dtype == "int8" else 256)
    layer = LstmLayer(
        batches,
        steps,
        time_major,
        int8(rng, 4 * units, inputs),
        int8(rng, 4 * units, units),
        bias.astype(np.int32 if dtype == "int8" else np.int64),
        zero_point(rng) if dtype == "int8" else 0,
        p,
    )
    expected = _lstm(layer, x.astype(np.int64), hidden.astype(np.int64), cell.astype(np.int64))
    operator = pack_lstm(layer, variant)
    return KernelCase(
        f"{operator.kernel} {sizes}",
        operator,
        [_bytes(x), _bytes(hidden), _bytes(cell)],
        _bytes(expected.astype(dtype)),
        macs=layer.macs,
        alignment=ALIGNMENT,
    )


def _lstm(layer: LstmLayer, x: Sums, hidden: Sums, cell: Sums) -> Sums:
    """int64, shaped as the output."""
    p: LstmParameters = layer.parameters
    x = x if layer.time_major else x.transpose(1, 0, 2)
    of_input = layer.input_weights.astype(np.int64).reshape(4, -1, x.shape[2])
    of_hidden = layer.hidden_weights.astype(np.int64).reshape(4, -1, hidden.shape[1])
    bias, outputs = layer.bias.astype(np.int64).reshape(4, -1), []
    for row in x - layer.input_zero_point:
        gates = [
            gate_input(
                row @ of_input[gate].T + bias[gate],
                (hidden - p.hidden_zero_point) @ of_hidden[gate].T,
                p,
                gate,
            )
            for gate in range(len(GATES))
        ]
        cell, hidden = update_cell(gates, cell, p)
        outputs.append(hidden)
    stacked = np.array(outputs)
    return stacked if layer.time_major else stacked.transpose(1, 0, 2)

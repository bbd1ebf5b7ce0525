"""Random cases of the kernels on int16 activations, with their expected outputs."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from case_program import KernelCase
from numpy.typing import ArrayLike, NDArray
from random_cases import Rng, int8
from skipstone.firmware.codegen.operations import Requantization
from skipstone.firmware.codegen.packing import KernelVariant, PackedOperator
from skipstone.firmware.codegen.packing.batch_matmul import BatchMatmulShape
from skipstone.firmware.codegen.packing.convolution import Geometry
from skipstone.firmware.codegen.packing.layers_int16 import (
    pack_batch_matmul_int16,
    pack_conv_2d_int16,
    pack_depthwise_int16,
    pack_fully_connected_int16,
    widened,
)
from skipstone.quantize.arithmetic.fixed_point import (
    INT16_MAX,
    INT16_MIN,
    multiply_by_quantized_multiplier,
    multiply_wide,
    quantize_multipliers,
    wrap_int32,
)

ALIGNMENT = 2
"""Bytes: what an int16 needs."""
DEVIATION = 74 * 19_000
"""Standard deviation of the product of two random values of full range, int8 and int16."""


def int16(rng: Rng, *shape: int) -> NDArray[np.int16]:
    """Random int16 of full range; one array in four holds extremes only."""
    if rng.random() < 0.25:
        return rng.choice(np.array([INT16_MIN, -INT16_MAX, INT16_MAX], np.int16), shape)
    return rng.integers(INT16_MIN, INT16_MAX + 1, shape).astype(np.int16)


def int16_case(
    label: str,
    operator: PackedOperator,
    inputs: Sequence[NDArray[np.generic]],
    expected: ArrayLike,
    dtype: type[np.generic] = np.int16,
    macs: int = 0,
    in_place: int | None = None,
) -> KernelCase:
    """A case whose arrays are handed over as bytes; ``expected`` holds values of ``dtype``."""
    values = np.asarray(expected).ravel().astype(dtype)
    return KernelCase(
        f"{operator.kernel} {label}",
        operator,
        [np.ascontiguousarray(data).ravel().view(np.int8) for data in inputs],
        values.view(np.int8),
        macs=macs,
        in_place=in_place,
        alignment=ALIGNMENT,
    )


def _rescaling(rng: Rng, channels: int, spread: float) -> Requantization:
    """Factors that map sums of ``spread`` onto about the int16 range; some saturate. At times a clamp."""
    multipliers, shifts = quantize_multipliers(16_000 / spread * rng.uniform(0.2, 4, channels))
    low, high = (INT16_MIN, INT16_MAX) if rng.random() < 0.7 else (-12_000, 15_000)
    return Requantization(multipliers, shifts, 0, low, high)


def _rescaled(sums: NDArray[np.int64], output: Requantization, is_wide: bool) -> NDArray[np.int64]:
    """What the kernels make of sums [..., channels]."""
    multiply = multiply_wide if is_wide else multiply_by_quantized_multiplier
    held = sums if is_wide else wrap_int32(sums)
    return np.asarray(multiply(held, output.multipliers, output.shifts).clip(output.low, output.high))


def fully_connected_case(
    rng: Rng, outputs: int, inputs: int, variant: KernelVariant, is_wide: bool = True
) -> KernelCase:
    """One vector times a matrix."""
    weights, x = np.maximum(int8(rng, outputs, inputs), -127), int16(rng, inputs)
    spread = DEVIATION * np.sqrt(inputs)
    bias = rng.integers(-int(spread), int(spread), outputs)
    output = _rescaling(rng, outputs, spread)
    packed = widened(output) if is_wide else output
    operator = pack_fully_connected_int16(weights, bias, packed, is_wide, variant)
    expected = _rescaled(weights.astype(np.int64) @ x.astype(np.int64) + bias, output, is_wide)
    label = f"{inputs}→{outputs}, {'wide' if is_wide else 'narrow'}"
    return int16_case(label, operator, [x], expected, macs=outputs * inputs)


def _windows(image: NDArray[np.int16], geometry: Geometry) -> NDArray[np.int64]:
    """int64[windows, rows, columns, channels]; zeros outside the image."""
    (height, width), (rows, columns) = geometry.image, geometry.kernel
    reach = [(size - 1) * step + 1 for size, step in zip(geometry.kernel, geometry.dilation, strict=True)]
    border = ((0, 0), (reach[0], reach[0]), (reach[1], reach[1]), (0, 0))
    wide = np.pad(image.reshape(geometry.batches, height, width, -1).astype(np.int64), border)
    found = []
    for batch in wide:
        for y in range(geometry.output[0]):
            for x in range(geometry.output[1]):
                top = reach[0] + y * geometry.stride[0] - geometry.padding[0]
                left = reach[1] + x * geometry.stride[1] - geometry.padding[1]
                down = top + geometry.dilation[0] * np.arange(rows)
                across = left + geometry.dilation[1] * np.arange(columns)
                found.append(batch[np.ix_(down, across)])
    return np.array(found)


def conv_case(
    rng: Rng, geometry: Geometry, outputs: int, variant: KernelVariant, is_wide: bool = True
) -> KernelCase:
    """A convolution; windows may reach over every edge of the image."""
    depth = geometry.kernel[0] * geometry.kernel[1] * geometry.channels
    weights = np.maximum(int8(rng, outputs, depth), -127)
    image = int16(rng, geometry.batches, *geometry.image, geometry.channels)
    spread = DEVIATION * np.sqrt(depth)
    bias = rng.integers(-int(spread), int(spread), outputs)
    output = _rescaling(rng, outputs, spread)
    packed = widened(output) if is_wide else output
    operator = pack_conv_2d_int16(weights, bias, packed, is_wide, geometry, variant)
    columns = _windows(image, geometry).reshape(geometry.count, depth)
    expected = _rescaled(columns @ weights.astype(np.int64).T + bias, output, is_wide)
    label = f"{geometry.image} by {geometry.kernel}, {geometry.channels} to {outputs}"
    return int16_case(label, operator, [image], expected, macs=geometry.count * depth * outputs)


def depthwise_case(rng: Rng, geometry: Geometry, repeat: int, variant: KernelVariant) -> KernelCase:
    """A depthwise convolution with ``repeat`` outputs a channel."""
    channels, taps = geometry.channels * repeat, geometry.kernel[0] * geometry.kernel[1]
    weights = np.maximum(int8(rng, taps, channels), -127)
    image = int16(rng, geometry.batches, *geometry.image, geometry.channels)
    spread = DEVIATION * np.sqrt(taps)
    bias = rng.integers(-int(spread), int(spread), channels)
    output = _rescaling(rng, channels, spread)
    operator = pack_depthwise_int16(weights, bias, widened(output), geometry, variant)
    columns = _windows(image, geometry).reshape(geometry.count, taps, geometry.channels)
    sums = (np.repeat(columns, repeat, axis=2) * weights.astype(np.int64)).sum(axis=1) + bias
    expected = _rescaled(sums, output, True)
    label = f"{geometry.image} by {geometry.kernel}, {geometry.channels} times {repeat}"
    return int16_case(label, operator, [image], expected, macs=geometry.count * taps * channels)


def batch_matmul_case(
    rng: Rng, sizes: tuple[int, int, int, int], is_adjoint: bool, variant: KernelVariant
) -> KernelCase:
    """``[b, m, k] × [b, k, n]``, the right side stored as ``[b, n, k]`` when adjoint."""
    batches, rows, depth, columns = sizes
    lhs = int16(rng, batches, rows, depth)
    rhs = int16(rng, batches, columns, depth) if is_adjoint else int16(rng, batches, depth, columns)
    rhs_strides = (columns * depth, 1, depth) if is_adjoint else (columns * depth, columns, 1)
    shape = BatchMatmulShape(batches, rows, depth, columns, (rows * depth, depth, 1), rhs_strides)
    output = _rescaling(rng, 1, 19_000.0**2 * np.sqrt(depth))
    operator = pack_batch_matmul_int16(shape, widened(output), variant)
    right = rhs.transpose(0, 2, 1) if is_adjoint else rhs
    sums = lhs.astype(np.int64) @ right.astype(np.int64)
    expected = multiply_wide(sums, output.multipliers[0], output.shifts[0]).clip(INT16_MIN, INT16_MAX)
    label = f"{sizes}{' adjoint' if is_adjoint else ''}"
    return int16_case(label, operator, [lhs, rhs], expected, macs=batches * rows * depth * columns)

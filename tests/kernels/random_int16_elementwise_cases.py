"""Random cases of element-wise operators, SOFTMAX, poolings and means on int16, with expected outputs."""

from __future__ import annotations

import numpy as np
from case_program import KernelCase
from numpy.typing import NDArray
from random_cases import Rng, int8
from random_int16_cases import int16, int16_case
from skipstone.firmware.codegen.packing import KernelVariant, PackedOperator
from skipstone.firmware.codegen.packing.convolution import Geometry
from skipstone.firmware.codegen.packing.elementwise_int16 import (
    pack_clamp_int16,
    pack_extremum_int16,
    pack_fill_int16,
    pack_leaky_relu_int16,
    pack_mul_int16,
    pack_requantize,
    pack_sigmoid_int16,
    pack_softmax_int16,
    pack_sum_int16,
)
from skipstone.firmware.codegen.packing.pooling import MeanShape
from skipstone.firmware.codegen.packing.pooling_int16 import pack_mean_int16, pack_pool_int16
from skipstone.quantize.arithmetic.addition import LEFT_SHIFT_16, add, add_parameters
from skipstone.quantize.arithmetic.fixed_point import (
    INT16_MAX,
    INT16_MIN,
    LIMITS,
    multiply_by_quantized_multiplier,
    quantize_multiplier,
    requantize,
)
from skipstone.quantize.arithmetic.mean import mean_parameters, rounded_quotient
from skipstone.quantize.arithmetic.sigmoid16 import logistic16, sigmoid_multiplier, tanh16
from skipstone.quantize.arithmetic.softmax16 import softmax16, softmax16_multiplier

BINARY = ("add", "sub", "mul", "maximum", "minimum")
UNARY = ("requantize", "requantize_s8_s16", "requantize_s16_s8", "clamp", "leaky_relu", "logistic", "tanh")
Packed = tuple[PackedOperator, NDArray[np.int64]]


def _limits(rng: Rng) -> tuple[int, int]:
    return (INT16_MIN, INT16_MAX) if rng.random() < 0.7 else (-20_000, 9_000)


def binary_case(
    rng: Rng, name: str, size: int, variant: KernelVariant, in_place: int | None = None
) -> KernelCase:
    """One of :data:`BINARY` on two vectors."""
    a, b = int16(rng, size), int16(rng, size)
    left, right = a.astype(np.int64), b.astype(np.int64)
    if name in ("add", "sub"):
        operator, expected = _sum(rng, name, left, right, variant)
    elif name == "mul":
        operator, expected = _product(rng, left, right, variant)
    else:
        operator = pack_extremum_int16(size, name == "maximum", variant)
        expected = np.maximum(left, right) if name == "maximum" else np.minimum(left, right)
    return int16_case(str(size), operator, [a, b], expected, in_place=in_place)


def _sum(rng: Rng, name: str, a: NDArray[np.int64], b: NDArray[np.int64], variant: KernelVariant) -> Packed:
    scales = [float(rng.uniform(1e-4, 1e-3)) for _ in range(2)]
    target = float(rng.uniform(0.6, 2)) * max(scales)
    p = add_parameters((scales[0], 0), (scales[1], 0), (target, 0), LEFT_SHIFT_16)
    low, high = _limits(rng)
    operator = pack_sum_int16(name, a.size, p, (low, high), variant)
    if name == "add":
        return operator, add(a, b, p, low, high)
    left = multiply_by_quantized_multiplier(a << LEFT_SHIFT_16, p.a_multiplier, p.a_shift)
    right = multiply_by_quantized_multiplier(b << LEFT_SHIFT_16, p.b_multiplier, p.b_shift)
    return operator, requantize(left - right, p.output_multiplier, p.output_shift, 0, low, high)


def _product(rng: Rng, a: NDArray[np.int64], b: NDArray[np.int64], variant: KernelVariant) -> Packed:
    factor, limits = quantize_multiplier(float(rng.uniform(1e-5, 8e-5))), _limits(rng)
    return pack_mul_int16(a.size, factor, limits, variant), requantize(a * b, *factor, 0, *limits)


def unary_case(
    rng: Rng, name: str, size: int, variant: KernelVariant, in_place: int | None = None
) -> KernelCase:
    """One of :data:`UNARY` on a vector."""
    if name.startswith("requantize"):
        return _requantize_case(rng, name, size, variant)
    x = int16(rng, size)
    wide = x.astype(np.int64)
    if name == "clamp":
        operator, expected = pack_clamp_int16(size, (-9_000, 8_000), variant), wide.clip(-9_000, 8_000)
    elif name == "leaky_relu":
        operator, expected = _leaky_relu(rng, wide, variant)
    else:
        factor = sigmoid_multiplier(float(rng.uniform(1e-5, 6e-4)), int(name == "tanh"))
        operator = pack_sigmoid_int16(name, size, factor, variant)
        expected = (tanh16 if name == "tanh" else logistic16)(wide, *factor)
    return int16_case(str(size), operator, [x], expected, in_place=in_place)


def _leaky_relu(rng: Rng, x: NDArray[np.int64], variant: KernelVariant) -> Packed:
    identity, slope = (quantize_multiplier(float(rng.uniform(low, 1.2))) for low in (0.6, 0.01))
    scaled = [multiply_by_quantized_multiplier(x, *factor) for factor in (slope, identity)]
    expected = np.where(x < 0, *scaled).clip(INT16_MIN, INT16_MAX)
    return pack_leaky_relu_int16(x.size, identity, slope, variant), expected


def _requantize_case(rng: Rng, name: str, size: int, variant: KernelVariant) -> KernelCase:
    source, target = {
        "requantize": ("int16", "int16"),
        "requantize_s8_s16": ("int8", "int16"),
        "requantize_s16_s8": ("int16", "int8"),
    }[name]
    x = int16(rng, size) if source == "int16" else int8(rng, size)
    points = tuple(int(rng.integers(-20, 20)) if kind == "int8" else 0 for kind in (source, target))
    real = {"requantize": 0.7, "requantize_s8_s16": 180.0, "requantize_s16_s8": 1 / 200}[name]
    factor, (low, high) = quantize_multiplier(real * float(rng.uniform(0.3, 2))), LIMITS[target]
    operator = pack_requantize(size, (source, target), points, factor, low, variant)
    expected = requantize(x.astype(np.int64) - points[0], *factor, points[1], low, high)
    return int16_case(str(size), operator, [x], expected, np.dtype(target).type)


def softmax_case(
    rng: Rng, rows: int, size: int, variant: KernelVariant, in_place: int | None = None
) -> KernelCase:
    """Rows of logits; the input scale reaches from flat to one-hot."""
    factor = softmax16_multiplier(float(np.exp(rng.uniform(-12, -6))), 1.0)
    x = int16(rng, rows, size)
    expected = softmax16(x.astype(np.int64), *factor)
    operator = pack_softmax_int16(rows, size, factor, variant)
    return int16_case(f"{rows}×{size}", operator, [x], expected, in_place=in_place)


def fill_case(rng: Rng, size: int, variant: KernelVariant) -> KernelCase:
    """One value in every place."""
    value = int(rng.integers(INT16_MIN, INT16_MAX + 1))
    return int16_case(str(size), pack_fill_int16(size, value, variant), [], np.full(size, value))


def pool_case(rng: Rng, geometry: Geometry, is_maximum: bool, variant: KernelVariant) -> KernelCase:
    """A pooling; windows may reach over every edge of the image."""
    image = int16(rng, geometry.batches, *geometry.image, geometry.channels)
    limits, rows = _limits(rng), []
    for batch in image.astype(np.int64):
        for y in range(geometry.output[0]):
            for x in range(geometry.output[1]):
                first = [at * geometry.stride[i] - geometry.padding[i] for i, at in enumerate((y, x))]
                down, across = (
                    slice(max(start, 0), max(start + size, 0))
                    for start, size in zip(first, geometry.kernel, strict=True)
                )
                window = batch[down, across].reshape(-1, geometry.channels)
                rows.append(window.max(axis=0) if is_maximum else _average(window))
    operator = pack_pool_int16(geometry, is_maximum, limits, variant)
    label = f"{geometry.image} by {geometry.kernel}, {geometry.channels} channels"
    return int16_case(label, operator, [image], np.concatenate(rows).clip(*limits))


def _average(window: NDArray[np.int64]) -> NDArray[np.int64]:
    return np.asarray(rounded_quotient(window.sum(axis=0), np.array(len(window))))


def mean_case(rng: Rng, shape: tuple[int, ...], axes: set[int], variant: KernelVariant) -> KernelCase:
    """A mean over one or two axes."""
    x, loops = int16(rng, *shape), MeanShape.of(shape, axes)
    p = mean_parameters((1.0, 0), (float(rng.uniform(0.7, 1.5)), 0), loops.count)
    total = x.astype(np.int64).sum(axis=tuple(axes))
    expected = requantize(total, p.multiplier, p.shift, 0, INT16_MIN, INT16_MAX)
    operator = pack_mean_int16(loops, p, variant)
    return int16_case(f"{shape} over {sorted(axes)}", operator, [x], expected)

"""Random kernel cases with the outputs that ``skipstone.quantize.arithmetic`` expects of them."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from case_program import KernelCase
from numpy.typing import NDArray
from skipstone.firmware.codegen.packing import (
    KernelVariant,
    Requantization,
    pack_add,
    pack_attention,
    pack_batch_matmul,
    pack_depthwise_ring,
    pack_fully_connected,
    pack_fully_connected_add,
    pack_softmax,
)
from skipstone.firmware.codegen.packing.attention import AttentionShape
from skipstone.firmware.codegen.packing.batch_matmul import BatchMatmulShape
from skipstone.quantize.arithmetic.addition import AddParameters, add, add_parameters
from skipstone.quantize.arithmetic.fixed_point import quantize_multipliers, requantize, wrap_int32
from skipstone.quantize.arithmetic.softmax import softmax, softmax_exp_table

Rng = np.random.Generator


def int8(rng: Rng, *shape: int) -> NDArray[np.int8]:
    """Random int8 of full range; one array in four holds extremes only."""
    if rng.random() < 0.25:
        return rng.choice(np.array([-128, -127, 127], np.int8), shape)
    return rng.integers(-128, 128, shape).astype(np.int8)


def zero_point(rng: Rng) -> int:
    """A zero point, often one of the usual ones."""
    return int(rng.choice([0, 0, -128, 127, int(rng.integers(-128, 128))]))


@dataclass(frozen=True, eq=False)
class Rescaling:
    """Per-channel multipliers and the clamp of a convolution-like kernel."""

    multiplier: NDArray[np.int64]
    shift: NDArray[np.int64]
    zero_point: int
    low: int
    high: int

    def apply(self, accumulator: NDArray[np.int64]) -> NDArray[np.int8]:
        """What the kernel's output must be."""
        wrapped = wrap_int32(accumulator)
        return requantize(wrapped, self.multiplier, self.shift, self.zero_point, self.low, self.high).astype(
            np.int8
        )


def rescaling(
    rng: Rng, channels: int, spread: float, largest: float | None = None, is_usual: bool = False
) -> Rescaling:
    """Factors that map accumulators of ``spread`` onto about the int8 range, some far off; a row may be dead.

    Args:
        largest: multiply the factors so that the largest is this; above 1 the rows shift left.
        is_usual: no outliers, no dead rows, no narrow clamp.
    """
    if is_usual:
        multiplier, shift = quantize_multipliers(60 / spread * rng.uniform(0.3, 3, channels))
        return Rescaling(multiplier, shift, 0, -128, 127)
    real = 60 / spread * rng.uniform(0.3, 3, channels)
    real *= np.where(rng.random(channels) < 0.05, rng.choice([0.01, 30.0], channels), 1)
    real = np.minimum(real, 0.49) if largest is None else real * (largest / real.max())
    multiplier, shift = quantize_multipliers(real)
    if rng.random() < 0.2:
        multiplier[rng.integers(channels)], shift[rng.integers(channels)] = 0, -1
    low, high = (-128, 127) if rng.random() < 0.7 else (int(rng.integers(-128, 0)), int(rng.integers(0, 128)))
    return Rescaling(multiplier, shift, zero_point(rng), low, high)


def fully_connected_case(
    rng: Rng,
    output_size: int,
    input_size: int,
    variant: KernelVariant,
    largest: float | None = None,
    is_usual: bool = False,
    weight_bits: int = 8,
) -> KernelCase:
    """One vector times a random matrix."""
    weights = np.maximum(int8(rng, output_size, input_size), -127)
    if weight_bits == 4:
        weights = np.maximum(weights >> 4, -8 if rng.random() < 0.5 else -7)
    spread = 74 * 74 * np.sqrt(input_size) / (1 << (8 - weight_bits))
    bias = rng.integers(-spread, spread, output_size).astype(np.int64)
    x, input_zero_point = int8(rng, input_size), zero_point(rng)
    scale = rescaling(rng, output_size, spread, largest, is_usual)
    operator = pack_fully_connected(
        weights,
        bias,
        input_zero_point,
        scale.multiplier,
        scale.shift,
        variant,
        output_zero_point=scale.zero_point,
        activation_min=scale.low,
        activation_max=scale.high,
        weight_bits=weight_bits,
    )
    expected = scale.apply(weights.astype(np.int64) @ (x.astype(np.int64) - input_zero_point) + bias)
    label = f"{operator.kernel} {input_size}→{output_size}"
    return KernelCase(label, operator, [x], expected, macs=output_size * input_size)


def fully_connected_add_case(
    rng: Rng,
    output_size: int,
    input_size: int,
    variant: KernelVariant,
    in_place: int | None = 1,
    largest: float | None = None,
    is_usual: bool = False,
) -> KernelCase:
    """A layer and the sum with a residual, whose scale is larger than that of the layer's output."""
    weights = np.maximum(int8(rng, output_size, input_size), -127)
    spread = 74 * 74 * np.sqrt(input_size)
    bias = rng.integers(-spread, spread, output_size).astype(np.int64)
    x, input_zero_point = int8(rng, input_size), zero_point(rng)
    scale = rescaling(rng, output_size, spread, largest, is_usual)
    layer = pack_fully_connected(
        weights,
        bias,
        input_zero_point,
        scale.multiplier,
        scale.shift,
        variant,
        output_zero_point=scale.zero_point,
    )
    accumulator = weights.astype(np.int64) @ (x.astype(np.int64) - input_zero_point) + bias
    inner = replace(scale, low=-128, high=127).apply(accumulator)

    residual, residual_scale = int8(rng, output_size), float(rng.uniform(0.01, 0.2))
    output = (float(rng.uniform(0.3, 2)) * residual_scale, zero_point(rng))
    inner_scale = residual_scale * float(rng.choice([0.001, 0.2, 0.49, 0.97]))
    p = add_parameters((residual_scale, zero_point(rng)), (inner_scale, scale.zero_point), output)
    low, high = (-128, 127) if is_usual or rng.random() < 0.7 else (-100, 90)
    add_operator = pack_add(
        output_size, *requantization_pair(p), variant, activation_min=low, activation_max=high
    )
    operator = pack_fully_connected_add(layer, add_operator)
    expected = add(residual.astype(np.int64), inner.astype(np.int64), p, low, high).astype(np.int8)
    label = f"{operator.kernel} {input_size}→{output_size}"
    macs = output_size * input_size
    return KernelCase(label, operator, [x, residual], expected, macs=macs, in_place=in_place)


def depthwise_case(
    rng: Rng,
    taps: int,
    channels: int,
    oldest: int,
    variant: KernelVariant,
    padding: int = 0,
    is_usual: bool = False,
) -> KernelCase:
    """One output position of a depthwise convolution over a ring."""
    weights = int8(rng, taps, channels)
    spread = 74 * 74 * np.sqrt(taps)
    bias = rng.integers(-spread, spread, channels).astype(np.int64)
    ring, input_zero_point = int8(rng, taps, channels + padding), zero_point(rng)
    scale = rescaling(rng, channels, spread, is_usual=is_usual)
    operator = pack_depthwise_ring(
        weights,
        bias,
        input_zero_point,
        scale.multiplier,
        scale.shift,
        variant,
        output_zero_point=scale.zero_point,
        activation_min=scale.low,
        activation_max=scale.high,
        row_stride=channels + padding,
    )
    window = np.roll(ring[:, :channels], -oldest, axis=0).astype(np.int64) - input_zero_point
    expected = scale.apply((window * weights).sum(axis=0) + bias)
    label = f"{operator.kernel} {taps}×{channels} oldest {oldest}"
    return KernelCase(label, operator, [ring], expected, macs=taps * channels, extra_arguments=[oldest])


def requantization_pair(parameters: AddParameters) -> tuple[Requantization, Requantization, Requantization]:
    """The parameters of ADD as the packer takes them."""
    p = parameters
    return (
        Requantization(p.a_multiplier, p.a_shift, p.a_zero_point),
        Requantization(p.b_multiplier, p.b_shift, p.b_zero_point),
        Requantization(p.output_multiplier, p.output_shift, p.output_zero_point),
    )


def add_case(
    rng: Rng, size: int, variant: KernelVariant, in_place: int | None = None, is_usual: bool = False
) -> KernelCase:
    """A sum of two vectors; the scales are equal in one case of four."""
    a_scale = float(rng.uniform(0.01, 0.2))
    b_scale = a_scale if rng.random() < 0.25 and not is_usual else float(rng.uniform(0.01, 0.2))
    output = (float(rng.uniform(0.5, 2)) * max(a_scale, b_scale), zero_point(rng))
    parameters = add_parameters((a_scale, zero_point(rng)), (b_scale, zero_point(rng)), output)
    a, b = int8(rng, size), int8(rng, size)
    low, high = (-128, 127) if is_usual or rng.random() < 0.7 else (-100, 90)
    operator = pack_add(
        size, *requantization_pair(parameters), variant, activation_min=low, activation_max=high
    )
    expected = add(a.astype(np.int64), b.astype(np.int64), parameters, low, high).astype(np.int8)
    return KernelCase(f"{operator.kernel} {size}", operator, [a, b], expected, in_place=in_place)


def softmax_case(
    rng: Rng, rows: int, size: int, variant: KernelVariant, in_place: int | None = None
) -> KernelCase:
    """Rows of logits; the input scale reaches from flat to one-hot."""
    table = softmax_exp_table(1.0, float(np.exp(rng.uniform(-6, 1))))
    x = int8(rng, rows, size)
    operator = pack_softmax(rows, size, table, variant)
    expected = softmax(x.astype(np.int64), table.astype(np.int64)).astype(np.int8).ravel()
    return KernelCase(f"{operator.kernel} {rows}×{size}", operator, [x], expected, in_place=in_place)


def uniform_rescaling(rng: Rng, spread: float) -> tuple[Requantization, Rescaling]:
    """One factor for a whole tensor, as the packer and as the expectation take it."""
    scale = rescaling(rng, 1, spread)
    target = zero_point(rng)
    whole = Rescaling(scale.multiplier, scale.shift, target, -128, 127)
    return Requantization(int(scale.multiplier[0]), int(scale.shift[0]), target), whole


def attention_case(
    rng: Rng,
    shape: AttentionShape,
    variant: KernelVariant,
    has_zero_points: bool = False,
    in_place: int | None = None,
) -> KernelCase:
    """One query over two rings."""
    width = shape.heads * shape.head_dim
    query = int8(rng, width)
    keys, values = int8(rng, shape.positions, shape.row_stride), int8(rng, shape.positions, shape.row_stride)
    points = (zero_point(rng), zero_point(rng), zero_point(rng)) if has_zero_points else (0, 0, 0)
    if variant == KernelVariant.MVE:
        points = (0, *points[1:])
    score, score_scale = uniform_rescaling(rng, 74 * 74 * np.sqrt(shape.head_dim))
    context, context_scale = uniform_rescaling(rng, 256 * 74)
    table = softmax_exp_table(1.0, float(np.exp(rng.uniform(-5, 0))))
    operator = pack_attention(shape, points, score, context, table, variant)

    q = (query.astype(np.int64) - points[0]).reshape(shape.heads, shape.head_dim)
    k, v = (
        (ring[:, :width].astype(np.int64) - point).reshape(shape.positions, shape.heads, shape.head_dim)
        for ring, point in ((keys, points[1]), (values, points[2]))
    )
    scores = score_scale.apply(np.einsum("hd,phd->hp", q, k)).astype(np.int64)
    probabilities = softmax(scores, table.astype(np.int64)) + 128
    expected = context_scale.apply(np.einsum("hp,phd->hd", probabilities, v)).ravel()
    label = f"{operator.kernel} {shape.heads} heads × {shape.head_dim}, {shape.positions} positions"
    macs = 2 * width * shape.positions
    return KernelCase(label, operator, [query, keys, values], expected, macs=macs, in_place=in_place)


def batch_matmul_case(
    rng: Rng, sizes: tuple[int, int, int, int], is_adjoint: bool, variant: KernelVariant
) -> KernelCase:
    """``[b, m, k] × [b, k, n]``, the right side stored as ``[b, n, k]`` when adjoint."""
    batches, rows, depth, columns = sizes
    lhs = int8(rng, batches, rows, depth)
    rhs = int8(rng, batches, columns, depth) if is_adjoint else int8(rng, batches, depth, columns)
    rhs_strides = (columns * depth, 1, depth) if is_adjoint else (columns * depth, columns, 1)
    shape = BatchMatmulShape(batches, rows, depth, columns, (rows * depth, depth, 1), rhs_strides)
    lhs_point, rhs_point = zero_point(rng), zero_point(rng)
    output, scale = uniform_rescaling(rng, 74 * 74 * np.sqrt(depth))
    operator = pack_batch_matmul(shape, lhs_point, rhs_point, output, variant)
    right = rhs.transpose(0, 2, 1) if is_adjoint else rhs
    product = (lhs.astype(np.int64) - lhs_point) @ (right.astype(np.int64) - rhs_point)
    expected = scale.apply(product).ravel()
    macs = batches * rows * depth * columns
    return KernelCase(f"{operator.kernel} {sizes}", operator, [lhs, rhs], expected, macs=macs)

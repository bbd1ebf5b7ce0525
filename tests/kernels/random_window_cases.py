"""Random cases of convolutions over an image, poolings and means, with their expected outputs."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from case_program import KernelCase
from numpy.typing import NDArray
from random_cases import Rng, int8, rescaling, zero_point
from random_elementwise_cases import limits
from skipstone.firmware.codegen.buffers import Buffer, Span
from skipstone.firmware.codegen.operations import FullyConnected, Requantization
from skipstone.firmware.codegen.packing import KernelVariant
from skipstone.firmware.codegen.packing.convolution import Geometry, pack_conv_2d
from skipstone.firmware.codegen.packing.pooling import MeanShape, pack_mean, pack_pool
from skipstone.quantize.arithmetic.mean import mean, mean_parameters, rounded_quotient


def conv_case(
    rng: Rng, geometry: Geometry, outputs: int, variant: KernelVariant, is_usual: bool = False
) -> KernelCase:
    """A convolution of one batch without dilation; windows may reach over every edge of the image."""
    (height, width), (rows, columns) = geometry.image, geometry.kernel
    image, point = int8(rng, height, width, geometry.channels), zero_point(rng)
    depth = rows * columns * geometry.channels
    weights = np.maximum(int8(rng, outputs, depth), -127)
    spread = 74 * 74 * np.sqrt(depth)
    bias = rng.integers(-spread, spread, outputs).astype(np.int64)
    scale = rescaling(rng, outputs, spread, is_usual=is_usual)
    factors = Requantization(scale.multiplier, scale.shift, scale.zero_point, scale.low, scale.high)
    span = Span(Buffer("unused", 1), 0, 1)
    layer = FullyConnected("y", (0, 0), span, span, weights, bias.astype(np.int32), point, factors)
    operator = pack_conv_2d(layer, geometry, variant)
    wide = np.full((height + 2 * rows, width + 2 * columns, geometry.channels), point, np.int64)
    wide[rows : rows + height, columns : columns + width] = image
    accumulators = [
        weights.astype(np.int64) @ (wide[top : top + rows, left : left + columns].ravel() - point) + bias
        for top, left in _corners(geometry, (rows, columns))
    ]
    expected = scale.apply(np.array(accumulators)).ravel()
    label = f"{operator.kernel} {geometry.image} by {geometry.kernel}, {geometry.channels} to {outputs}"
    return KernelCase(label, operator, [image], expected, macs=geometry.count * depth * outputs)


def _corners(geometry: Geometry, border: tuple[int, int]) -> list[tuple[int, int]]:
    """Upper left corner of every window in an image with ``border`` rows and columns around it."""
    places = [
        [border[i] + place * geometry.stride[i] - geometry.padding[i] for place in range(geometry.output[i])]
        for i in range(2)
    ]
    return [(top, left) for top in places[0] for left in places[1]]


def random_geometry(rng: Rng) -> Geometry:
    """Windows of random size, stride and padding; each meets the image."""
    kernel = tuple(int(v) for v in rng.integers(1, 5, 2))
    padding = tuple(int(rng.integers(0, size)) for size in kernel)
    stride = tuple(int(v) for v in rng.integers(1, 4, 2))
    image = tuple(int(rng.integers(size, size + 6)) for size in kernel)
    output = tuple(1 + (image[i] + padding[i] - kernel[i]) // stride[i] for i in range(2))
    return Geometry(
        1,
        (image[0], image[1]),
        int(rng.integers(1, 40)),
        (kernel[0], kernel[1]),
        (stride[0], stride[1]),
        (1, 1),
        (padding[0], padding[1]),
        (output[0], output[1]),
    )


def pool_case(rng: Rng, geometry: Geometry, is_maximum: bool, variant: KernelVariant) -> KernelCase:
    """A pooling; windows may reach over every edge of the image."""
    height, width = geometry.image
    image = int8(rng, geometry.batches, height, width, geometry.channels)
    clamp = limits(rng)
    operator = pack_pool(geometry, is_maximum, clamp, variant)
    rows = []
    for batch in image:
        for y in range(geometry.output[0]):
            for x in range(geometry.output[1]):
                top, left = (
                    place * geometry.stride[i] - geometry.padding[i] for i, place in enumerate((y, x))
                )
                window = batch[
                    max(top, 0) : max(top + geometry.kernel[0], 0),
                    max(left, 0) : max(left + geometry.kernel[1], 0),
                ].reshape(-1, geometry.channels)
                rows.append(window.max(axis=0) if is_maximum else _average(window))
    expected = np.clip(np.concatenate(rows).astype(np.int64), *clamp).astype(np.int8)
    label = f"{operator.kernel} {geometry.image} by {geometry.kernel}, {geometry.channels} channels"
    return KernelCase(label, operator, [image], expected)


def _average(window: NDArray[np.int8]) -> NDArray[np.int64]:
    total = window.astype(np.int64).sum(axis=0)
    return np.asarray(rounded_quotient(total, np.array(len(window))))


def random_pool_case(rng: Rng, variant: KernelVariant) -> KernelCase:
    """A pooling of random geometry, one or two batches."""
    geometry = replace(random_geometry(rng), batches=int(rng.integers(1, 3)))
    return pool_case(rng, geometry, bool(rng.integers(2)), variant)


def mean_case(rng: Rng, shape: tuple[int, ...], axes: set[int], variant: KernelVariant) -> KernelCase:
    """A mean over one or two axes; the factor is above 1 at times, which shifts left."""
    x = int8(rng, *shape)
    scale = float(rng.uniform(0.05, 0.2))
    p = mean_parameters(
        (scale, zero_point(rng)),
        (scale * float(rng.choice([0.4, 1.0, 1.3])), zero_point(rng)),
        MeanShape.of(shape, axes).count,
    )
    operator = pack_mean(MeanShape.of(shape, axes), p, variant)
    expected = mean(x.astype(np.int64).sum(axis=tuple(axes)), p).astype(np.int8).ravel()
    return KernelCase(f"{operator.kernel} {shape} over {sorted(axes)}", operator, [x], expected)


def random_mean_case(rng: Rng, variant: KernelVariant, largest: int = 12) -> KernelCase:
    """Any rank, any one or two axes."""
    rank = int(rng.integers(1, 5))
    shape = tuple(int(v) for v in rng.integers(1, largest, rank))
    count = int(rng.integers(1, min(rank, 2) + 1))
    axes = {int(axis) for axis in rng.choice(rank, count, replace=False)}
    return mean_case(rng, shape, axes, variant)

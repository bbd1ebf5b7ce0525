"""CMSIS-NN's kernels over images: convolution of any window, average and maximum pooling."""

from __future__ import annotations

import numpy as np
from cmsis_nn import CmsisCase, constants, operands, rescaled
from numpy.typing import NDArray
from shapes import conv_shape, image_shape
from skipstone.firmware.codegen.packing.convolution import Geometry

INPUT_OFFSET = 5


def convolution(rng: np.random.Generator, geometry: Geometry, outputs: int) -> CmsisCase:
    """A convolution of one batch; outside the image lies the input's zero point."""
    rows, columns = geometry.kernel
    depth = rows * columns * geometry.channels
    weights, _, bias = operands(rng, (outputs, depth), depth)
    image = rng.integers(-128, 128, (*geometry.image, geometry.channels)).astype(np.int8)
    windows = _windows(image.astype(np.int64) + INPUT_OFFSET, geometry, 0).reshape(-1, depth)
    multiplier, shift, expected = rescaled(windows @ weights.T.astype(np.int64) + bias, depth, outputs)
    body = f"""
    const cmsis_nn_context context = {{scratch, 16384}};
    const cmsis_nn_conv_params params = {{{INPUT_OFFSET}, 0, {_tile(geometry.stride)},
                                         {_tile(geometry.padding)}, {{1, 1}}, {{-128, 127}}}};
    const cmsis_nn_per_channel_quant_params quant = {{(int32_t *)NAME_multiplier, (int32_t *)NAME_shift}};
    const cmsis_nn_dims filter = {{{outputs}, {rows}, {columns}, {geometry.channels}}};
    const cmsis_nn_dims bias_dims = {{1, 1, 1, {outputs}}};
    {_ends(geometry, outputs)}
    arm_convolve_wrapper_s8(&context, &params, &quant, &in, input[0], &filter, NAME_weights, &bias_dims,
                            NAME_bias, &out, output);"""
    text = constants(weights, bias, multiplier, shift)
    shape = conv_shape(geometry, outputs)
    return CmsisCase("convolution_s8", shape, text, body, image.ravel(), expected.ravel())


def pooling(rng: np.random.Generator, geometry: Geometry, is_maximum: bool) -> CmsisCase:
    """A pooling whose windows lie inside the image."""
    image = rng.integers(-128, 128, (*geometry.image, geometry.channels)).astype(np.int8)
    windows = _windows(image.astype(np.int64), geometry, 0)
    count = geometry.kernel[0] * geometry.kernel[1]
    flat = windows.reshape(geometry.count, count, geometry.channels)
    total = flat.sum(axis=1)
    average = np.sign(total) * ((abs(total) + count // 2) // count)
    expected = (flat.max(axis=1) if is_maximum else average).astype(np.int8)
    function = "arm_max_pool_s8" if is_maximum else "arm_avgpool_s8"
    body = f"""
    const cmsis_nn_context context = {{scratch, 16384}};
    const cmsis_nn_pool_params params = {{{_tile(geometry.stride)}, {{0, 0}}, {{-128, 127}}}};
    const cmsis_nn_dims filter = {{1, {geometry.kernel[0]}, {geometry.kernel[1]}, 1}};
    {_ends(geometry, geometry.channels)}
    {function}(&context, &params, &in, input[0], &filter, &out, output);"""
    name = "max_pool_s8" if is_maximum else "average_pool_s8"
    return CmsisCase(name, image_shape(geometry), "", body, image.ravel(), expected.ravel())


def _tile(rows_and_columns: tuple[int, int]) -> str:
    """``cmsis_nn_tile``: width first."""
    rows, columns = rows_and_columns
    return f"{{{columns}, {rows}}}"


def _ends(geometry: Geometry, outputs: int) -> str:
    (height, width), (rows, columns) = geometry.image, geometry.output
    return (
        f"const cmsis_nn_dims in = {{1, {height}, {width}, {geometry.channels}}};\n"
        f"    const cmsis_nn_dims out = {{1, {rows}, {columns}, {outputs}}};"
    )


def _windows(image: NDArray[np.int64], geometry: Geometry, fill: int) -> NDArray[np.int64]:
    """int64[windows, rows, columns, channels]."""
    (rows, columns), (height, width) = geometry.kernel, geometry.image
    wide = np.full((height + 2 * rows, width + 2 * columns, geometry.channels), fill, np.int64)
    wide[rows : rows + height, columns : columns + width] = image
    found = []
    for y in range(geometry.output[0]):
        for x in range(geometry.output[1]):
            top = rows + y * geometry.stride[0] - geometry.padding[0]
            left = columns + x * geometry.stride[1] - geometry.padding[1]
            found.append(wide[top : top + rows, left : left + columns])
    return np.array(found)

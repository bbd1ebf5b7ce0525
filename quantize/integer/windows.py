"""Windows of an image for the convolutions: padding, strides, dilation."""

from __future__ import annotations

import numpy as np
from skipstone.quantize.integer.node import Array, require
from skipstone.quantize.tflite.options import Conv2DOptions

LARGEST_EXTENT = 1 << 16
"""Rows or columns under one dilated kernel; a limit against damaged files."""


class Windows:
    """Cuts [N, H, W, C] into [N, out_h, out_w, kernel_h, kernel_w, C].

    Source: ``ComputeOutSize`` and ``ComputePaddingHeightWidth`` (padding.h); the odd padding row comes last.

    Attributes:
        output: (out_h, out_w).
    """

    def __init__(self, image: tuple[int, int], kernel: tuple[int, int], options: Conv2DOptions) -> None:
        axes = [
            _axis(image[i], kernel[i], options.stride[i], options.dilation[i], options.padding)
            for i in range(2)
        ]
        self.output = (axes[0][0], axes[1][0])
        self._padding = ((0, 0), axes[0][1], axes[1][1], (0, 0))
        rows, columns = (
            np.arange(self.output[i])[:, None] * options.stride[i]
            + np.arange(kernel[i])[None, :] * options.dilation[i]
            for i in range(2)
        )
        self._rows = rows[:, None, :, None]
        self._columns = columns[None, :, None, :]

    def __call__(self, image: Array, fill: int) -> Array:
        """Windows of ``image``; positions outside it hold ``fill``."""
        padded = np.pad(image, self._padding, constant_values=fill)
        return padded[:, self._rows, self._columns, :]


def _axis(size: int, kernel: int, stride: int, dilation: int, padding: str) -> tuple[int, tuple[int, int]]:
    """Output size and (before, after) padding of one axis."""
    require(stride > 0 and dilation > 0, f"stride {stride}, dilation {dilation}")
    extent = (kernel - 1) * dilation + 1
    require(extent <= LARGEST_EXTENT, f"a kernel extent of {extent}")
    if padding == "valid":
        require(size >= extent, f"a kernel extent of {extent} in an image of {size}")
        return (size - extent) // stride + 1, (0, 0)
    count = -(-size // stride)
    total = max((count - 1) * stride + extent - size, 0)
    return count, (total // 2, total - total // 2)

"""Windows of an image for the convolutions: padding, strides, dilation."""

from __future__ import annotations

from math import prod

import numpy as np
from skipstone.quantize.arithmetic.windows import window_positions
from skipstone.quantize.integer.node import Array
from skipstone.quantize.tflite.options import Conv2DOptions

LARGEST_WINDOWS = 1 << 26
"""Elements of all windows of one operator; a limit against damaged files."""


class Windows:
    """Cuts [N, H, W, C] into [N, out_h, out_w, kernel_h, kernel_w, C].

    Args:
        image: shape of the image, rank 4.
        kernel: (kernel_h, kernel_w).

    Attributes:
        output: (out_h, out_w).

    Raises:
        ValueError: no window fits, or all of them have more than :data:`LARGEST_WINDOWS` elements.
    """

    def __init__(self, image: tuple[int, ...], kernel: tuple[int, int], options: Conv2DOptions) -> None:
        batches, height, width, channels = image
        axes = [
            window_positions(size, kernel[i], options.stride[i], options.dilation[i], options.padding)
            for i, size in enumerate((height, width))
        ]
        self.output = (axes[0][0], axes[1][0])
        elements = prod((batches, channels, *self.output, *kernel))
        if elements > LARGEST_WINDOWS:
            raise ValueError(f"windows of {elements:,} elements, more than {LARGEST_WINDOWS:,}")
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

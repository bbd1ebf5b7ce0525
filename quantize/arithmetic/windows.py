"""Where the windows of convolutions and poolings lie."""

from __future__ import annotations

LARGEST_EXTENT = 1 << 16
"""Rows or columns under one dilated kernel; a limit against damaged files."""


def window_positions(
    size: int, kernel: int, stride: int, dilation: int, padding: str
) -> tuple[int, tuple[int, int]]:
    """Number of windows along one axis, and the padding before and after it.

    Source: ``ComputeOutSize`` and ``ComputePaddingHeightWidth`` (padding.h); the odd padding row comes last.

    Args:
        size: of the image.
        padding: ``same`` or ``valid``.

    Raises:
        ValueError: no window fits.
    """
    if stride < 1 or dilation < 1 or kernel < 1:
        raise ValueError(f"stride {stride}, dilation {dilation}, kernel {kernel}")
    extent = (kernel - 1) * dilation + 1
    if extent > LARGEST_EXTENT:
        raise ValueError(f"a kernel extent of {extent}")
    if padding == "valid":
        if size < extent:
            raise ValueError(f"a kernel extent of {extent} in an image of {size}")
        return (size - extent) // stride + 1, (0, 0)
    count = -(-size // stride)
    total = max((count - 1) * stride + extent - size, 0)
    return count, (total // 2, total - total // 2)

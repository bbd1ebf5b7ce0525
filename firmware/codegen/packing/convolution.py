"""CONV_2D and DEPTHWISE_CONV_2D over many windows: a loop around the kernel of one window.

Each window is laid out as one column in scratch memory, unless it lies in one piece in the image already;
then the kernel of FULLY_CONNECTED, or of a depthwise convolution over rows, computes one output position from
it.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import prod

from skipstone.firmware.codegen.operations import DepthwiseConv, FullyConnected
from skipstone.firmware.codegen.packing.depthwise import pack_depthwise_ring
from skipstone.firmware.codegen.packing.fully_connected import pack_fully_connected
from skipstone.firmware.codegen.packing.operator import KernelVariant, PackedOperator, round_up

COLUMN_ALIGNMENT = 16
WINDOW_KERNEL = "ss_window_s8_ref"
Size = tuple[int, int]


@dataclass(frozen=True)
class Geometry:
    """How windows lie in an image [batches, height, width, channels]; pairs are (vertical, horizontal).

    Attributes:
        padding: rows above and columns left of the image.
        output: windows down and across.
    """

    batches: int
    image: Size
    channels: int
    kernel: Size
    stride: Size
    dilation: Size
    padding: Size
    output: Size

    @classmethod
    def of_rows(cls, rows: int, size: int) -> Geometry:
        """``rows`` vectors of ``size`` elements: windows of 1 × 1."""
        one = (1, 1)
        return cls(1, (rows, 1), size, one, one, one, (0, 0), (rows, 1))

    @property
    def count(self) -> int:
        """Windows of all batches."""
        return self.batches * prod(self.output)

    @property
    def is_inside(self) -> bool:
        """Whether no window reaches over an edge of the image."""
        ends = [
            (self.output[i] - 1) * self.stride[i] - self.padding[i] + (self.kernel[i] - 1) * self.dilation[i]
            for i in range(2)
        ]
        return self.padding == (0, 0) and all(end < size for end, size in zip(ends, self.image, strict=True))

    @property
    def is_contiguous(self) -> bool:
        """Whether every window lies in one piece in the image."""
        one_row = self.kernel[0] == 1 and (self.kernel[1] == 1 or self.dilation[1] == 1)
        whole_rows = self.kernel[1] == self.image[1] and self.dilation == (1, 1)
        return self.is_inside and (one_row or whole_rows)

    @property
    def is_whole_image(self) -> bool:
        """Whether the only window is the whole image in order."""
        return self.count == 1 and self.is_contiguous and self.kernel == self.image

    def scalars(self, fill: int, repeat: int) -> dict[str, int]:
        """Fields of ``ss_window``; ``repeat``: outputs a channel (depth multiplier)."""
        (image_rows, image_columns), (rows, columns) = self.image, self.kernel
        return {
            "batches": self.batches,
            "image_rows": image_rows,
            "image_columns": image_columns,
            "channels": self.channels,
            "kernel_rows": rows,
            "kernel_columns": columns,
            "stride_rows": self.stride[0],
            "stride_columns": self.stride[1],
            "dilation_rows": self.dilation[0],
            "dilation_columns": self.dilation[1],
            "padding_rows": self.padding[0],
            "padding_columns": self.padding[1],
            "output_rows": self.output[0],
            "output_columns": self.output[1],
            "fill": fill,
            "repeat": repeat,
            "column_bytes": 0 if self.is_contiguous and repeat == 1 else self.column_bytes(repeat),
        }

    def column_bytes(self, repeat: int) -> int:
        """Scratch of one window."""
        return round_up(prod(self.kernel) * self.channels * repeat, COLUMN_ALIGNMENT)


def pack_conv_2d(op: FullyConnected, geometry: Geometry, variant: KernelVariant) -> PackedOperator:
    """Pack a convolution whose single window is ``op``: weights int8[out, rows · columns · channels]."""
    layer = pack_fully_connected(
        op.weights,
        op.bias,
        op.input_zero_point,
        op.requantization.multipliers,
        op.requantization.shifts,
        variant,
        output_zero_point=op.requantization.zero_point,
        activation_min=op.requantization.low,
        activation_max=op.requantization.high,
    )
    return _loop("ss_conv_2d", layer, geometry, op.input_zero_point, 1)


def pack_depthwise_conv_2d(op: DepthwiseConv, geometry: Geometry, variant: KernelVariant) -> PackedOperator:
    """Pack a depthwise convolution whose single window is ``op``: weights int8[taps, out]."""
    layer = pack_depthwise_ring(
        op.weights,
        op.bias,
        op.input_zero_point,
        op.requantization.multipliers,
        op.requantization.shifts,
        variant,
        output_zero_point=op.requantization.zero_point,
        activation_min=op.requantization.low,
        activation_max=op.requantization.high,
    )
    repeat = op.weights.shape[1] // geometry.channels
    return _loop("ss_depthwise_conv_2d", layer, geometry, op.input_zero_point, repeat)


def _loop(name: str, layer: PackedOperator, geometry: Geometry, fill: int, repeat: int) -> PackedOperator:
    """The loop's kernel has the variant of the kernel inside and holds its parameters in field ``layer``."""
    suffix = layer.kernel.rsplit("_", 1)[1]
    window = geometry.scalars(fill, repeat)
    gathers = (WINDOW_KERNEL,)
    packed = "_packed" if layer.params_type.endswith("_packed_params") else ""
    return PackedOperator(
        f"{name}_s8_{suffix}",
        f"{name}{packed}_params",
        {f"window.{key}": value for key, value in window.items()}
        | {f"layer.{key}": value for key, value in layer.scalars.items()},
        {f"layer.{key}": array for key, array in layer.arrays.items()},
        scratch_bytes=window["column_bytes"] + layer.scratch_bytes,
        uses=(*gathers, layer.kernel),
    )

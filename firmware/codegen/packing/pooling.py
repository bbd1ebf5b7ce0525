"""AVERAGE_POOL_2D, MAX_POOL_2D and MEAN: no arrays."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod

from skipstone.firmware.codegen.packing.convolution import Geometry
from skipstone.firmware.codegen.packing.operator import KernelVariant, PackedOperator
from skipstone.quantize.arithmetic.mean import MeanParameters


def pack_pool(
    geometry: Geometry, is_maximum: bool, limits: tuple[int, int], variant: KernelVariant
) -> PackedOperator:
    """Pack a pooling over windows of an image."""
    window = {f"window.{key}": value for key, value in geometry.scalars(0, 1).items()}
    window["window.column_bytes"] = 0
    scalars = {**window, "activation_min": limits[0], "activation_max": limits[1]}
    name = "ss_max_pool" if is_maximum else "ss_average_pool"
    return PackedOperator(f"{name}_s8_{variant}", "ss_pool_params", scalars)


@dataclass(frozen=True)
class MeanShape:
    """A reduction as loops: (count, stride) of at most three kept and two reduced axes, outermost first."""

    kept: tuple[tuple[int, int], ...]
    reduced: tuple[tuple[int, int], ...]

    @classmethod
    def of(cls, shape: tuple[int, ...], axes: set[int]) -> MeanShape:
        """For an input of ``shape`` whose ``axes`` are averaged."""
        strides = [prod(shape[axis + 1 :]) for axis in range(len(shape))]
        loops = list(zip(shape, strides, strict=True))
        kept = [loop for axis, loop in enumerate(loops) if axis not in axes]
        return cls(tuple(kept), tuple(loops[axis] for axis in sorted(axes)))

    @property
    def count(self) -> int:
        """Elements that one output averages."""
        return prod(count for count, _ in self.reduced)


def pack_mean(shape: MeanShape, p: MeanParameters, variant: KernelVariant) -> PackedOperator:
    """Pack a mean over one or two axes; the fast kernels need an inner axis that is contiguous."""
    scalars: dict[str, int] = {}
    for name, loops, length in (("kept", shape.kept, 3), ("reduced", shape.reduced, 2)):
        padded = ((1, 0),) * (length - len(loops)) + loops
        for index, (count, stride) in enumerate(padded):
            scalars |= {f"{name}{index}_count": count, f"{name}{index}_stride": stride}
    scalars |= {
        "offset": -p.count * p.input_zero_point,
        "output_zero_point": p.output_zero_point,
        "output_multiplier": p.multiplier,
        "output_shift": p.shift,
    }
    has_line = 1 in (scalars["reduced1_stride"], scalars["kept2_stride"])
    is_exact = has_line and (variant != KernelVariant.MVE or p.shift <= 0)
    suffix = variant if is_exact else KernelVariant.REF
    return PackedOperator(f"ss_mean_s8_{suffix}", "ss_mean_params", scalars)

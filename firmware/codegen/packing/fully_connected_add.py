"""FULLY_CONNECTED and the residual ADD behind it: the constants of both in one struct."""

from __future__ import annotations

from skipstone.firmware.codegen.packing.operator import PackedOperator

HALF = 1 << 30
"""Multiplier of the operand of ADD that has the larger scale: TFLM rescales relative to twice that scale."""


def pack_fully_connected_add(layer: PackedOperator, add: PackedOperator) -> PackedOperator:
    """Join a packed layer and the sum behind it; the kernel has the variant of the layer's.

    Args:
        layer: int8 weights; its clamp must be the whole range of int8.
        add: input 1 is the residual, input 2 the layer's output. The residual must have the larger scale,
            so that it is rescaled by exactly a half; the layer's output and the sum must shift right.

    Raises:
        ValueError: a condition fails; the fast kernels would not be exact.
    """
    s = add.scalars
    is_plain = (layer.scalars["activation_min"], layer.scalars["activation_max"]) == (-128, 127)
    is_half = (s["input1_multiplier"], s["input1_shift"]) == (HALF, 0)
    if not (is_plain and is_half and s["input2_shift"] < 0 and s["output_shift"] < 0):
        raise ValueError("fully_connected_add: a clamp before the sum, or scales that are no residual's")
    suffix = layer.kernel.rsplit("_", 1)[1]
    packed = "_packed" if layer.params_type.endswith("_packed_params") else ""
    return PackedOperator(
        f"ss_fully_connected_add_s8_{suffix}",
        f"ss_fully_connected_add{packed}_params",
        {f"add.{key}": value for key, value in s.items()}
        | {f"layer.{key}": value for key, value in layer.scalars.items()},
        {f"layer.{key}": array for key, array in layer.arrays.items()},
        scratch_bytes=layer.scratch_bytes,
    )

"""Comparisons of int8 and logic of bools: no arrays, one portable kernel each."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from skipstone.firmware.codegen.packing.operator import KernelVariant, PackedOperator
from skipstone.quantize.arithmetic.comparison import comparison_multiplier

ACCEPTED: Mapping[str, int] = MappingProxyType(
    {"EQUAL": 2, "NOT_EQUAL": 5, "GREATER": 4, "GREATER_EQUAL": 6, "LESS": 1, "LESS_EQUAL": 3}
)
"""By operator: bit 0 accepts less, bit 1 equal, bit 2 greater."""
TRUTH: Mapping[str, int] = MappingProxyType(
    {"LOGICAL_AND": 8, "LOGICAL_OR": 14, "LOGICAL_NOT": 1, "EQUAL": 9, "NOT_EQUAL": 6}
)
"""By operator: bit 2 a + b is the result for the bools a and b; NOT takes its operand twice."""


def pack_compare(
    size: int, operator: str, a: tuple[float, int], b: tuple[float, int], _variant: KernelVariant
) -> PackedOperator:
    """Pack one of :data:`ACCEPTED` on two int8 tensors of ``size`` elements and these quantizations.

    Raises:
        ValueError: a scale of 1 or more, which TFLM refuses.
    """
    scalars = {"size": size}
    for name, (scale, zero_point) in (("input1", a), ("input2", b)):
        multiplier, shift = comparison_multiplier(scale)
        scalars |= {
            f"{name}_zero_point": zero_point,
            f"{name}_multiplier": multiplier,
            f"{name}_shift": shift,
        }
    return PackedOperator(
        "ss_compare_s8_ref", "ss_compare_params", scalars | {"accepted": ACCEPTED[operator]}
    )


def pack_logical(size: int, operator: str, _variant: KernelVariant) -> PackedOperator:
    """Pack one of :data:`TRUTH` on bools."""
    scalars = {"size": size, "truth": TRUTH[operator]}
    return PackedOperator("ss_logical_s8_ref", "ss_logical_params", scalars)

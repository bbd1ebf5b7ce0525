"""Moving the rows of a state that lies in order towards its start."""

from __future__ import annotations

from skipstone.firmware.codegen.packing.operator import KernelVariant, PackedOperator


def pack_shift(size: int, variant: KernelVariant) -> PackedOperator:
    """Pack a move of ``size`` bytes to a lower address; source and target may overlap."""
    suffix = KernelVariant.MVE if variant == KernelVariant.MVE else KernelVariant.REF
    return PackedOperator(f"ss_shift_s8_{suffix}", "ss_shift_params", {"size": size})

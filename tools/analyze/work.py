"""How much work a kernel does for an operation, as the few numbers that its loops count.

The quantities of a kernel follow its loops (``firmware/runtime/kernels/``): groups of rows, tiles of
columns, vectors of a register's width, remainders. Executed instructions are close to linear in them; the
coefficients are measured (``kernel_costs.json``).
"""

from __future__ import annotations

from skipstone.firmware.codegen.packing.operator import PackedOperator
from skipstone.tools.analyze import work_int8, work_int16
from skipstone.tools.analyze.work_int8 import Quantities

VARIANTS = ("_ref", "_dsp", "_mve")


def work_of(kernel: PackedOperator) -> Quantities | None:
    """Quantities of one call; ``None`` for a kernel that has none."""
    name = family(kernel.kernel)
    count = work_int8.COUNTS.get(name) or work_int16.COUNTS.get(name)
    return None if count is None else {"calls": 1, **count(kernel.scalars)}


def family(kernel: str) -> str:
    """``fully_connected_s8`` of ``ss_fully_connected_s8_mve``."""
    name = kernel.removeprefix("ss_")
    return next((name.removesuffix(end) for end in VARIANTS if name.endswith(end)), name)

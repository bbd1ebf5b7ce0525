"""READ_VARIABLE: a state as it is at that point (``rewrites/states.py``)."""

from __future__ import annotations

from skipstone.firmware.codegen.operator_rules.families.checks import check_nothing
from skipstone.firmware.codegen.rule import Rule

RULE = Rule(
    check_nothing,
    (1, 1),
    becomes="a ring buffer, or the state as it lies in memory",
    kernels=("ss_shift_s8",),
    reference="`read_variable.cc`",
)

"""VAR_HANDLE: a state of the model."""

from __future__ import annotations

from skipstone.firmware.codegen.operator_rules.families.checks import check_nothing
from skipstone.firmware.codegen.rule import Rule

RULE = Rule(check_nothing, (0, 0), becomes="a member of the state struct", reference="`var_handle.cc`")

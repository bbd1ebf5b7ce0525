"""PACK: CONCATENATION along an axis that the parts do not have."""

from __future__ import annotations

from skipstone.firmware.codegen.operator_rules.families.join import check_join
from skipstone.firmware.codegen.rule import Rule

RULE = Rule(check_join, (1, 1000), becomes="as CONCATENATION", reference="`pack.cc`")

"""PADV2: PAD with the value as a third operand, which PAD may have as well."""

from __future__ import annotations

from skipstone.firmware.codegen.operator_rules import pad

RULE = pad.RULE

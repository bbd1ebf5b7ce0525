"""Supported operators of code generation, one declaration each."""

from skipstone.firmware.codegen.operator_rules.rule import RULES, Rule

__all__ = ["RULES", "Rule"]

"""Supported operators of code generation: one file an operator, which declares it as ``RULE``.

A file bears the operator's name in the schema of TFLite in lower case, with an underscore behind it where
that is a keyword of Python (``if_.py``). What several operators share stands in ``families/``.
"""

from __future__ import annotations

import pkgutil
from collections.abc import Mapping
from importlib import import_module
from types import MappingProxyType

from skipstone.firmware.codegen.rule import Rule


def _declared() -> dict[str, Rule]:
    """Every file's declaration by the operator's name, in alphabetical order."""
    files = [module.name for module in pkgutil.iter_modules(__path__) if not module.ispkg]
    rules = {file.removesuffix("_").upper(): import_module(f"{__name__}.{file}").RULE for file in files}
    return dict(sorted(rules.items()))


RULES: Mapping[str, Rule] = MappingProxyType(_declared())
"""Supported operators; a test walks the table and compares it with the integer model's."""

__all__ = ["RULES", "Rule"]

"""Operators of code generation: one file each, which bears the operator's name and declares it once."""

from __future__ import annotations

import ast
import keyword
from pathlib import Path

import pytest
from skipstone.firmware.codegen import operator_rules
from skipstone.firmware.codegen.operator_rules import RULES
from skipstone.firmware.codegen.rule import Rule
from skipstone.quantize.integer.operators import OPERATORS
from skipstone.quantize.tflite.schema import OPERATOR_CODES
from skipstone.tools.reference.pages import operators_page

FILES = sorted(Path(operator_rules.__path__[0]).glob("[!_]*.py"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_file_bears_the_name_of_an_operator_and_declares_it_once(path: Path) -> None:
    name = path.stem.removesuffix("_")
    assert (path.stem != name) == keyword.iskeyword(name)
    assert name.upper() in OPERATOR_CODES
    assert isinstance(RULES[name.upper()], Rule)
    targets = [
        target
        for node in ast.parse(path.read_text()).body
        if isinstance(node, ast.Assign)
        for target in node.targets
    ]
    assert [ast.unparse(target) for target in targets].count("RULE") == 1


def test_every_file_is_found_and_nothing_else() -> None:
    assert list(RULES) == sorted(path.stem.removesuffix("_").upper() for path in FILES)


def test_every_operator_is_one_of_the_integer_model() -> None:
    assert set(RULES) <= set(OPERATORS)


def test_the_coverage_table_has_a_row_a_declaration() -> None:
    lines = operators_page().splitlines()
    first = lines.index("|---|---|---|---|---|") + 1
    rows = [line.split(" | ")[0].removeprefix("| ") for line in lines[first:]]
    assert rows == list(RULES)

"""Operators of code generation: one file each, which bears its name and declares it and its shapes."""

from __future__ import annotations

import ast
import keyword
import re
from pathlib import Path

import numpy as np
import pytest
from operator_models import MODELS
from skipstone.firmware.codegen import operator_rules
from skipstone.firmware.codegen.errors import Findings
from skipstone.firmware.codegen.graph import Graph, Network, Node, Value
from skipstone.firmware.codegen.importer import build_network
from skipstone.firmware.codegen.legality import check_legality
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
    cells = [line.split(" | ")[2] for line in lines[first:]]
    for rule, cell in zip(RULES.values(), cells, strict=True):
        assert len(set(re.findall(r"`(\w+)`", cell))) == len(rule.kernels)
        assert "()" not in cell, "a kernel that has no file"


def _nodes() -> dict[str, list[tuple[Network, Node]]]:
    """Nodes of valid models by kind."""
    found: dict[str, list[tuple[Network, Node]]] = {}
    models = [make(np.random.default_rng(seed)) for make in MODELS.values() for seed in range(3)]
    for model in models:
        network = build_network(model, "net")
        for graph in network.reachable():
            for node in graph.nodes:
                found.setdefault(node.kind, []).append((network, node))
    x, y = (Value(name, (2, 3), "int8", np.ones(1, np.float32), np.zeros(1, np.int64)) for name in "xy")
    inside = Node("DEQUANTIZE", [x], [y], None, (0, 0))  # the importer takes away those at the edge
    found["DEQUANTIZE"] = [(Network("net", b"", {0: Graph(0, "main", [x], [y], [inside])}), inside)]
    return found


NODES = _nodes()
WITH_SHAPES = [name for name, rule in RULES.items() if rule.shapes]


def test_only_subgraphs_and_resource_variables_have_no_shape_rule() -> None:
    without = {"ASSIGN_VARIABLE", "CALL_ONCE", "IF", "READ_VARIABLE", "VAR_HANDLE", "WHILE"}
    assert set(RULES) - set(WITH_SHAPES) == without


@pytest.mark.parametrize("name", WITH_SHAPES)
def test_outputs_have_the_shapes_that_the_declaration_says(name: str) -> None:
    rule = RULES[name].shapes
    assert rule is not None
    for _, node in NODES[name]:
        assert list(rule(node)) == [value.shape for value in node.outputs], str(node)


@pytest.mark.parametrize("name", WITH_SHAPES)
def test_an_output_of_another_shape_is_refused(name: str) -> None:
    network, node = NODES[name][0]
    output, shape = node.outputs[-1], node.outputs[-1].shape
    other = (*shape[:-1], shape[-1] + 1) if shape else (2,)
    findings = Findings("net.tflite")
    try:
        output.shape = other
        check_legality(network, findings)
    finally:
        output.shape = shape
    own = [f for f in findings.items if f.subject == str(node) and "contradicts itself" in f.remedy]
    assert own and str(list(other)) in own[0].problem, findings.items

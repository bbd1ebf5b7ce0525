"""GATHER by constant indices; by the last tokens of a transducer it becomes an ``EMBEDDING`` node before."""

from __future__ import annotations

from skipstone.firmware.codegen.errors import Findings
from skipstone.firmware.codegen.graph import Node
from skipstone.firmware.codegen.operator_rules.families.view import BECOMES, check_view
from skipstone.firmware.codegen.rule import Rule
from skipstone.quantize.arithmetic import shapes
from skipstone.quantize.arithmetic.shapes import Shape


def _check(node: Node, findings: Findings) -> None:
    check_view(node, findings)
    if node.inputs[0].dtype == "int16":
        findings.add(str(node), "int16, which TFLM's GATHER does not have", "gather int8 values")
    if node.options.batch_dims:
        findings.add(str(node), f"{node.options.batch_dims} batch dimensions", "gather without any")
    source, axis, indices = node.inputs[0].shape, node.options.axis, node.inputs[1].data
    if indices is None or not -len(source) <= axis < len(source):
        return
    if ((indices < 0) | (indices >= source[axis])).any():
        findings.add(str(node), f"indices outside 0 … {source[axis] - 1}", "TFLM does not check them")


def _shapes(node: Node) -> list[Shape]:
    return [shapes.gathered(node.inputs[0].shape, node.inputs[1].shape, node.options.axis)]


RULE = Rule(
    _check,
    (2, 2),
    shapes=_shapes,
    becomes=BECOMES,
    reference="`gather.cc`",
    limits="int8, constant indices, no batch dimensions",
)

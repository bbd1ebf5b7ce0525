"""The declaration of an operator: what code generation asks of it and what it makes of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from skipstone.firmware.codegen.errors import Findings
from skipstone.firmware.codegen.graph import Graph, Node
from skipstone.firmware.codegen.lowering.placement import Placement
from skipstone.firmware.codegen.operations import Operation
from skipstone.quantize.arithmetic.shapes import Shape

Check = Callable[[Node, Findings], None]
ShapeRule = Callable[[Node], Sequence[Shape]]
"""Shapes of a node's outputs in order, as they follow from inputs, constants and options.

ValueError where these contradict each other; the check has not necessarily passed.
"""
Lowering = Callable[[Graph, Node, Placement], Operation | list[Operation]]
"""Turns a node into operations; ValueError where no multiplier can stand for the scales."""


@dataclass(frozen=True)
class Rule:
    """The declaration of one operator.

    Attributes:
        check: records what is wrong with a node that has the right number of operands.
        inputs: smallest and largest number of inputs.
        outputs: smallest and largest number of outputs.
        shapes: shapes of the outputs; a file that gives others is refused. ``None`` where there is nothing to
            compare: operands of subgraphs are compared by the reader, those of resource variables with each
            other by ``legality.py``.
        becomes: what stands in the generated C for it.
        kernels: runtime kernels that may be called, without the suffix of the variant.
        reference: TFLM's kernel, which defines the arithmetic.
        limits: what is not covered, for the table in the documentation.
        in_place: the kernel may write over an input of the same size.
        states: operands that are the operator's own state, counted without those left out.
        lower: makes the operations; ``None`` where rewrites and the driver of the lowering do it.
    """

    check: Check
    inputs: tuple[int, int]
    outputs: tuple[int, int] = (1, 1)
    shapes: ShapeRule | None = None
    becomes: str = ""
    kernels: tuple[str, ...] = ()
    reference: str = ""
    limits: str = ""
    in_place: bool = False
    states: tuple[int, ...] = ()
    lower: Lowering | None = None

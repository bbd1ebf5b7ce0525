"""IF: one of two subgraphs runs, depending on one bool."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from skipstone.quantize.integer.node import Kernel, Node
from skipstone.quantize.tflite.options import IfOptions


def prepare(node: Node) -> Kernel:
    """TFLM ``if.cc``: bytes are copied into the branch and back, quantizations are not compared."""
    options = node.options(IfOptions)
    run_subgraph = node.session.run_subgraph
    shapes = [tensor.shape for tensor in node.outputs]

    def run(inputs: Sequence[Any]) -> Sequence[Any]:
        taken = options.then_subgraph if inputs[0].item() else options.else_subgraph
        results = run_subgraph(taken, inputs[1:])
        return [value.reshape(shape) for value, shape in zip(results, shapes, strict=True)]

    return run

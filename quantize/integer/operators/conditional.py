"""IF: one of two subgraphs runs, depending on one bool. WHILE: a subgraph runs until another says no."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from skipstone.quantize.integer.node import Kernel, Node
from skipstone.quantize.tflite.options import IfOptions, WhileOptions


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


def prepare_while(node: Node) -> Kernel:
    """TFLM ``while.cc``: the condition is computed before each run of the body, on what is handed on."""
    options = node.options(WhileOptions)
    session = node.session
    shapes = [tensor.shape for tensor in node.outputs]

    def run(inputs: Sequence[Any]) -> Sequence[Any]:
        carried = list(inputs)
        while session.run_subgraph(options.condition_subgraph, carried)[0].item():
            session.count_iteration()
            carried = session.run_subgraph(options.body_subgraph, carried)
        return [np.array(value).reshape(shape) for value, shape in zip(carried, shapes, strict=True)]

    return run

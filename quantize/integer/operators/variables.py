"""VAR_HANDLE, READ_VARIABLE and ASSIGN_VARIABLE: streaming state. A handle's value is the shared name."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from skipstone.quantize.integer.node import Kernel, Node, require
from skipstone.quantize.tflite.options import VarHandleOptions


def prepare_handle(node: Node) -> Kernel:
    """VAR_HANDLE."""
    name = node.options(VarHandleOptions).shared_name
    require(node.output.dtype == "resource", f"output {node.output} is not a resource")

    def run(_inputs: Sequence[Any]) -> Sequence[Any]:
        return (name,)

    return run


def prepare_read(node: Node) -> Kernel:
    """READ_VARIABLE: a copy of the state."""
    shape, variables = node.output.shape, node.session.variables

    def run(inputs: Sequence[Any]) -> Sequence[Any]:
        return (variables[inputs[0]].reshape(shape),)

    return run


def prepare_assign(node: Node) -> Kernel:
    """ASSIGN_VARIABLE: replaces the state."""
    require(len(node.inputs) == 2, f"{len(node.inputs)} inputs instead of two")
    variables = node.session.variables

    def run(inputs: Sequence[Any]) -> Sequence[Any]:
        variables[inputs[0]] = inputs[1].reshape(variables[inputs[0]].shape)
        return ()

    return run

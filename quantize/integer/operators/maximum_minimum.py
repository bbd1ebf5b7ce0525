"""MAXIMUM and MINIMUM int8 or int16 with broadcasting; TFLM compares the values and never rescales."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from skipstone.quantize.arithmetic.shapes import broadcast
from skipstone.quantize.integer.node import Array, Kernel, Node, require, require_one_type


def prepare_maximum(node: Node) -> Kernel:
    """TFLM ``MaximumOp``."""
    return _prepare(node, np.maximum)


def prepare_minimum(node: Node) -> Kernel:
    """TFLM ``MinimumOp``."""
    return _prepare(node, np.minimum)


def _prepare(node: Node, choose: Callable[[Array, Array], Array]) -> Kernel:
    a, b, output = node.activation_input(0), node.activation_input(1), node.activation_output()
    require_one_type(a, b, output)
    require(broadcast(a.shape, b.shape) == output.shape, f"output shape {output.shape}")

    def run(inputs: Sequence[Any]) -> Sequence[Any]:
        return (choose(inputs[0], inputs[1]),)

    return run

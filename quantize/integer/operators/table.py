"""Operators of one int8 input that are a table of 256 bytes: RELU, RELU6, LEAKY_RELU, TANH, HARD_SWISH."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from skipstone.quantize.arithmetic.hard_swish import hard_swish_table
from skipstone.quantize.arithmetic.tables import leaky_relu_table, relu6_table, relu_table
from skipstone.quantize.arithmetic.tanh import tanh_table
from skipstone.quantize.integer.node import Array, Kernel, Node, require
from skipstone.quantize.tflite.options import LeakyReluOptions

TANH_OUTPUT = (1 / 128, 0)


def prepare_relu(node: Node) -> Kernel:
    """RELU (TFLM ``ReluQuantized``)."""
    return _table(node, lambda: relu_table(_source(node), _target(node)))


def prepare_relu6(node: Node) -> Kernel:
    """RELU6 (TFLM ``Relu6Quantized``), which never rescales."""
    require(_source(node) == _target(node), "input and output of RELU6 are quantized differently")
    return _table(node, lambda: relu6_table(_source(node)))


def prepare_leaky_relu(node: Node) -> Kernel:
    """LEAKY_RELU (TFLM ``QuantizeLeakyRelu``)."""
    alpha = node.options(LeakyReluOptions).alpha
    return _table(node, lambda: leaky_relu_table(_source(node), _target(node), alpha))


def prepare_tanh(node: Node) -> Kernel:
    """TANH (TFLM ``reference_integer_ops::Tanh``)."""
    require(_target(node) == TANH_OUTPUT, f"output quantization {_target(node)}")
    return _table(node, lambda: tanh_table(_source(node)))


def prepare_hard_swish(node: Node) -> Kernel:
    """HARD_SWISH (TFLM ``reference_ops::HardSwish``)."""
    return _table(node, lambda: hard_swish_table(_source(node), _target(node)))


def _source(node: Node) -> tuple[float, int]:
    x = node.int8_input(0)
    return x.scale, x.zero_point


def _target(node: Node) -> tuple[float, int]:
    output = node.int8_output()
    return output.scale, output.zero_point


def _table(node: Node, make: Callable[[], Array]) -> Kernel:
    x, output = node.int8_input(0), node.int8_output()
    require(x.shape == output.shape, f"output shape {output.shape}")
    table = make()

    def run(inputs: Sequence[Any]) -> Sequence[Any]:
        return (table[inputs[0].view(np.uint8)],)

    return run

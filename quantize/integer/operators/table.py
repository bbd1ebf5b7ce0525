"""Operators of one input: RELU, RELU6, LEAKY_RELU, TANH, HARD_SWISH.

Those of int8 are a table of 256 bytes, those of int16 (all but HARD_SWISH) a function of the values.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from skipstone.quantize.arithmetic.hard_swish import hard_swish_table
from skipstone.quantize.arithmetic.sigmoid16 import OUTPUT_SCALE, sigmoid_multiplier, tanh16
from skipstone.quantize.arithmetic.tables import (
    leaky_relu,
    leaky_relu_table,
    relu,
    relu6_limits,
    relu6_table,
    relu_table,
)
from skipstone.quantize.arithmetic.tanh import tanh_table
from skipstone.quantize.integer.node import Array, Kernel, Node, require, require_one_type
from skipstone.quantize.tflite.options import LeakyReluOptions

TANH_OUTPUT = (1 / 128, 0)


def prepare_relu(node: Node) -> Kernel:
    """RELU (TFLM ``ReluQuantized``)."""
    if _is_int16(node):
        return _function(node, lambda x: relu(x, _source(node), _target(node), "int16"))
    return _table(node, lambda: relu_table(_source(node), _target(node)))


def prepare_relu6(node: Node) -> Kernel:
    """RELU6 (TFLM ``Relu6Quantized``), which never rescales."""
    require(_source(node) == _target(node), "input and output of RELU6 are quantized differently")
    if _is_int16(node):
        low, high = relu6_limits(_source(node), "int16")
        return _function(node, lambda x: x.clip(low, high))
    return _table(node, lambda: relu6_table(_source(node)))


def prepare_leaky_relu(node: Node) -> Kernel:
    """LEAKY_RELU (TFLM ``QuantizeLeakyRelu``)."""
    alpha = node.options(LeakyReluOptions).alpha
    if _is_int16(node):
        return _function(node, lambda x: leaky_relu(x, _source(node), _target(node), alpha, "int16"))
    return _table(node, lambda: leaky_relu_table(_source(node), _target(node), alpha))


def prepare_tanh(node: Node) -> Kernel:
    """TANH (TFLM ``reference_integer_ops::Tanh``)."""
    if _is_int16(node):
        require(_target(node) == (OUTPUT_SCALE, 0), f"output quantization {_target(node)}")
        multiplier, shift = sigmoid_multiplier(_source(node)[0], 1)
        return _function(node, lambda x: tanh16(x, multiplier, shift))
    require(_target(node) == TANH_OUTPUT, f"output quantization {_target(node)}")
    return _table(node, lambda: tanh_table(_source(node)))


def prepare_hard_swish(node: Node) -> Kernel:
    """HARD_SWISH (TFLM ``reference_ops::HardSwish``)."""
    return _table(node, lambda: hard_swish_table(_source(node), _target(node)))


def _source(node: Node) -> tuple[float, int]:
    x = node.activation_input(0)
    return x.scale, x.zero_point


def _target(node: Node) -> tuple[float, int]:
    output = node.activation_output()
    return output.scale, output.zero_point


def _is_int16(node: Node) -> bool:
    return node.activation_input(0).dtype == "int16"


def _function(node: Node, function: Callable[[Array], Array]) -> Kernel:
    """An operator on int16 whose ``function`` maps int64 to int64."""
    x, output = node.activation_input(0), node.activation_output()
    require_one_type(x, output)
    require(x.shape == output.shape, f"output shape {output.shape}")
    function(np.zeros(1, np.int64))

    def run(inputs: Sequence[Any]) -> Sequence[Any]:
        return (function(inputs[0].astype(np.int64)).astype(np.int16),)

    return run


def _table(node: Node, make: Callable[[], Array]) -> Kernel:
    x, output = node.int8_input(0), node.int8_output()
    require(x.shape == output.shape, f"output shape {output.shape}")
    table = make()

    def run(inputs: Sequence[Any]) -> Sequence[Any]:
        return (table[inputs[0].view(np.uint8)],)

    return run

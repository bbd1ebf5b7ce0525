"""UNIDIRECTIONAL_SEQUENCE_LSTM."""

from __future__ import annotations

from functools import partial

import numpy as np
from skipstone.firmware.codegen.errors import Findings
from skipstone.firmware.codegen.graph import Graph, Node, Value
from skipstone.firmware.codegen.lowering.placement import Placement
from skipstone.firmware.codegen.operations import KernelCall
from skipstone.firmware.codegen.operator_rules.families.checks import check_constant
from skipstone.firmware.codegen.packing.lstm import LstmLayer, pack_lstm
from skipstone.firmware.codegen.rule import Rule
from skipstone.quantize.arithmetic.lstm import GATES, lstm_parameters
from skipstone.quantize.arithmetic.shapes import Shape

# What is left of 24 operands where the file leaves out peephole, projection and layer normalisation. With any
# of them in place of another operand, the types would not be these.
_X, _INPUT, _HIDDEN_WEIGHTS, _BIAS, _HIDDEN, _CELL = 0, 1, 5, 9, 13, 14
_TYPES = {
    "int8": ("int8",) * 9 + ("int32",) * 4 + ("int8", "int16"),
    "int16": ("int16",) + ("int8",) * 8 + ("int64",) * 4 + ("int16", "int16"),
}
"""Types of all operands by that of the input. TFLM reads the biases of 16x8 as int64, whatever they are."""
_REMEDY = (
    "use int8, or int16 activations with int64 biases; with an int16 cell, one scale a tensor, "
    "four gates, tanh, no peephole, projection or layer normalisation"
)


def _of_gates(node: Node, first: int) -> list[Value]:
    return node.inputs[first : first + len(GATES)]


def _type_problem(node: Node) -> str | None:
    types = tuple(value.dtype for value in node.inputs)
    if types != _TYPES.get(types[_X]) or node.outputs[0].dtype != types[_X]:
        return f"types {', '.join(types)}"
    quantized = [*node.inputs[:_BIAS], *node.inputs[_HIDDEN:]]
    if any(value.scales.size != 1 for value in quantized):
        return "an operand without exactly one scale"
    if any(value.zero_points.any() for value in node.inputs[_INPUT:_BIAS]):
        return "weights with a zero point"
    return f"activation {node.options.activation}" if node.options.activation != "tanh" else None


def _shape_problem(node: Node) -> str | None:
    x, hidden = node.inputs[_X], node.inputs[_HIDDEN]
    if len(x.shape) != 3 or len(hidden.shape) != 2:
        return f"input {list(x.shape)}, hidden state {list(hidden.shape)}"
    batches, size, units = x.shape[1 if node.options.time_major else 0], x.shape[2], hidden.shape[1]
    fits = (
        all(value.shape == (units, size) for value in _of_gates(node, _INPUT))
        and all(value.shape == (units, units) for value in _of_gates(node, _HIDDEN_WEIGHTS))
        and all(value.elements == units for value in _of_gates(node, _BIAS))
        and hidden.elements == node.inputs[_CELL].elements == batches * units
    )
    return None if fits else "operands whose shapes do not fit each other"


def _check(node: Node, findings: Findings) -> None:
    if not all(check_constant(node, p, "weights or biases", findings) for p in range(_INPUT, _HIDDEN)):
        return
    problem = _type_problem(node) or _shape_problem(node)
    if problem:
        findings.add(str(node), problem, _REMEDY)


def _shapes(node: Node) -> list[Shape]:
    x, hidden = node.inputs[_X].shape, node.inputs[_HIDDEN].shape
    if len(x) != 3 or len(hidden) != 2:
        raise ValueError(f"input {list(x)}, hidden state {list(hidden)}")
    return [(*x[:2], hidden[1])]


def _lower(_graph: Graph, node: Node, placement: Placement) -> KernelCall:
    x, hidden, cell, output = node.inputs[_X], node.inputs[_HIDDEN], node.inputs[_CELL], node.outputs[0]
    of_input, of_hidden, biases = (_of_gates(node, first) for first in (_INPUT, _HIDDEN_WEIGHTS, _BIAS))
    parameters = lstm_parameters(
        x.quantization[0],
        [value.quantization[0] for value in of_input],
        hidden.quantization,
        [value.quantization[0] for value in of_hidden],
        cell.quantization[0],
        node.options.cell_clip,
        x.dtype,
    )
    batches, steps = reversed(x.shape[:2]) if node.options.time_major else x.shape[:2]
    layer = LstmLayer(
        batches,
        steps,
        node.options.time_major,
        np.concatenate([np.asarray(value.data, np.int8) for value in of_input]),
        np.concatenate([np.asarray(value.data, np.int8) for value in of_hidden]),
        np.concatenate([np.asarray(value.data).ravel() for value in biases]),
        x.quantization[1],
        parameters,
    )
    spans = tuple(placement.span(value, node) for value in (x, hidden, cell))
    pack = partial(pack_lstm, layer)
    return KernelCall(output.name, node.origin, spans, placement.home(output), pack, layer.macs)


RULE = Rule(
    _check,
    (15, 15),
    shapes=_shapes,
    becomes="kernel `lstm`",
    kernels=("ss_lstm_s8", "ss_lstm_s16"),
    reference="`EvalLstm` with an int16 cell",
    limits="four gates, tanh; no peephole, projection or layer normalisation (TFLM has none)",
    lower=_lower,
    states=(_HIDDEN, _CELL),
)

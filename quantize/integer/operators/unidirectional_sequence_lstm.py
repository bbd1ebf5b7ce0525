"""UNIDIRECTIONAL_SEQUENCE_LSTM int8 or 16x8: cell int16, weights int8 with one scale."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from skipstone.quantize.arithmetic.fixed_point import wrap_int32
from skipstone.quantize.arithmetic.lstm import GATES, gate_input, lstm_parameters, update_cell
from skipstone.quantize.integer.node import Kernel, Node, require, require_one_type
from skipstone.quantize.tflite.options import SequenceLstmOptions

INPUTS = 24
INPUT_WEIGHTS, HIDDEN_WEIGHTS, BIASES = 1, 5, 12
"""Positions of the first gate's; the others follow in the order of ``GATES``."""
LEFT_OUT = (9, 10, 11, 16, 17, 20, 21, 22, 23)
"""Peephole, projection and layer normalisation, which TFLM refuses."""
HIDDEN, CELL = 18, 19


def prepare(node: Node) -> Kernel:
    """TFLM ``EvalLstm``: the hidden state of each step is the output of that step."""
    options = node.options(SequenceLstmOptions)
    require(options.activation == "tanh", f"fused activation {options.activation} instead of tanh")
    require(len(node.inputs) == INPUTS, f"{len(node.inputs)} inputs")
    extra = any(node.optional_input(position) is not None for position in LEFT_OUT)
    require(not extra, "peephole, projection or layer normalisation")
    x, output = node.activation_input(0), node.activation_output()
    require_one_type(x, output)
    hidden, cell = node.state(HIDDEN, (x.dtype,)), node.state(CELL, ("int16",))
    require(len(x.shape) == len(hidden.shape) + 1 == 3, f"input {x} or hidden state {hidden}")
    batches = x.shape[1 if options.time_major else 0]
    size, units = x.shape[2], hidden.shape[1]
    require(output.shape == (*x.shape[:2], units), f"output {output}")
    require(hidden.elements == cell.elements == batches * units, f"states {hidden} and {cell}")
    from_x = [_weights(node, INPUT_WEIGHTS + gate, (units, size)) for gate in range(len(GATES))]
    from_h = [_weights(node, HIDDEN_WEIGHTS + gate, (units, units)) for gate in range(len(GATES))]
    p = lstm_parameters(
        x.scale,
        [scale for _, scale in from_x],
        (hidden.scale, hidden.zero_point),
        [scale for _, scale in from_h],
        cell.scale,
        options.cell_clip,
        x.dtype,
    )
    is_wide = x.dtype == "int16"
    for gate in range(len(GATES)):
        bias = node.input(BIASES + gate)
        require(bias.dtype == ("int64" if is_wide else "int32"), f"bias {bias}, which TFLM reads otherwise")
    wrap = (lambda sums: sums) if is_wide else wrap_int32
    biases = [node.bias(BIASES + gate, units) for gate in range(len(GATES))]
    variables, time_axis = node.session.variables, 0 if options.time_major else 1

    def gates(frame: NDArray[np.int64], before: NDArray[np.int64]) -> list[NDArray[np.int64]]:
        return [
            gate_input(wrap(frame @ a + bias), wrap(before @ b), p, gate)
            for gate, ((a, _), (b, _), bias) in enumerate(zip(from_x, from_h, biases, strict=True))
        ]

    def run(inputs: Sequence[Any]) -> Sequence[Any]:
        h = variables[inputs[HIDDEN]].reshape(batches, units)
        c = variables[inputs[CELL]].reshape(batches, units)
        frames = np.moveaxis(inputs[0].astype(np.int64) - x.zero_point, time_axis, 0)
        outputs = []
        for frame in frames:
            before = h.astype(np.int64) - hidden.zero_point
            c[...], h[...] = update_cell(gates(frame, before), c.astype(np.int64), p)
            outputs.append(h.copy())
        return (np.ascontiguousarray(np.stack(outputs, time_axis)),)

    return run


def _weights(node: Node, position: int, shape: tuple[int, int]) -> tuple[NDArray[np.int64], float]:
    """int64[in, units] and their scale."""
    values, scales = node.weights(position)
    require(values.shape == shape, f"weights {node.input(position)} instead of shape {shape}")
    require(len(scales) == 1, "weights with one scale a channel")
    return values.astype(np.int64).T, scales[0]

"""UNIDIRECTIONAL_SEQUENCE_LSTM: weights of all gates in a row; with int8, zero points folded into biases."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from skipstone.firmware.codegen.packing.fully_connected_ref import fold_input_zero_point
from skipstone.firmware.codegen.packing.operator import KernelVariant, PackedOperator, plain_array
from skipstone.quantize.arithmetic.lstm import Factor, LstmParameters
from skipstone.quantize.arithmetic.sigmoid16 import sigmoid_table


@dataclass(frozen=True, eq=False)
class LstmLayer:
    """Constants of a LSTM; gates in the order of ``skipstone.quantize.arithmetic.lstm.GATES``.

    Attributes:
        batches: sequences.
        steps: of a sequence in one execution.
        time_major: the first axis of input and output is time.
        input_weights: int8[4 · units, in].
        hidden_weights: int8[4 · units, units].
        bias: int32[4 · units], of int16 activations int64.
        input_zero_point: of the input.
        parameters: the rescalings.
    """

    batches: int
    steps: int
    time_major: bool
    input_weights: NDArray[np.int8]
    hidden_weights: NDArray[np.int8]
    bias: NDArray[np.int32] | NDArray[np.int64]
    input_zero_point: int
    parameters: LstmParameters

    @property
    def macs(self) -> int:
        """Multiply-accumulates of one execution."""
        return self.batches * self.steps * (self.input_weights.size + self.hidden_weights.size)


def pack_lstm(layer: LstmLayer, variant: KernelVariant) -> PackedOperator:
    """Pack a layer; every variant is exact for every layer."""
    p, units = layer.parameters, layer.hidden_weights.shape[1]
    is_wide = p.dtype == "int16"
    rescaled = [
        tuple(_widened(factor) if is_wide else factor for factor in factors)
        for factors in (p.from_input, p.from_hidden)
    ]
    factors = [[*a, *b] for a, b in zip(*rescaled, strict=True)]
    scalars = {
        "batches": layer.batches,
        "steps": layer.steps,
        "input_size": layer.input_weights.shape[1],
        "units": units,
        "batch_stride": 1 if layer.time_major else layer.steps,
        "step_stride": layer.batches if layer.time_major else 1,
        "forget_multiplier": p.forget[0],
        "forget_shift": p.forget[1],
        "update_multiplier": p.update[0],
        "update_shift": p.update[1],
        "hidden_multiplier": p.hidden[0],
        "hidden_shift": p.hidden[1],
        "hidden_zero_point": p.hidden_zero_point,
        "tanh_multiplier": p.tanh[0],
        "tanh_shift": p.tanh[1],
        "cell_clip": p.cell_clip,
    }
    weights = {
        "input_weights": plain_array("input_weights", layer.input_weights, np.int8),
        "hidden_weights": plain_array("hidden_weights", layer.hidden_weights, np.int8),
        "factors": plain_array("factors", factors, np.int32),
        "sigmoid": plain_array("sigmoid", sigmoid_table(), np.uint16),
    }
    if is_wide:
        scalars = {f"layer.{name}": value for name, value in scalars.items()}
        arrays = {f"layer.{name}": array for name, array in weights.items()}
        arrays["bias"] = plain_array("bias", layer.bias, np.int64)
        return PackedOperator(f"ss_lstm_s16_{variant}", "ss_lstm_s16_params", scalars, arrays)
    input_bias = fold_input_zero_point(layer.input_weights, layer.bias, layer.input_zero_point)
    hidden_bias = fold_input_zero_point(layer.hidden_weights, 0, p.hidden_zero_point)
    arrays = weights | {
        "input_bias": plain_array("input_bias", input_bias, np.int32),
        "hidden_bias": plain_array("hidden_bias", hidden_bias, np.int32),
    }
    return PackedOperator(f"ss_lstm_s8_{variant}", "ss_lstm_params", scalars, arrays)


def _widened(factor: Factor) -> Factor:
    """15 bits of the multiplier and a right shift, as ``fixed_point.multiply_wide`` applies them."""
    multiplier, shift = factor
    return ((multiplier + (1 << 15)) >> 16 if multiplier < 0x7FFF0000 else 0x7FFF), 15 - shift

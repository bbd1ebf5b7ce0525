"""Stock TFLM and the integer model side by side: what a board has to give."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from skipstone.quantize.evaluation.decode import best_token, decoder_of
from skipstone.quantize.evaluation.gates import gate_bias
from skipstone.quantize.evaluation.tflm import TflmRunner
from skipstone.quantize.integer.interpreter import IntegerInterpreter
from skipstone.quantize.tflite.edges import without_float_edges
from skipstone.quantize.tflite.reader import read_model
from skipstone.tools.validate.errors import DifferenceError


def _signed(dtype: str) -> np.dtype[Any]:
    """As which type the bytes of an input or output are handled."""
    return np.dtype(np.int16 if dtype == "int16" else np.int8)


@dataclass(frozen=True)
class Answers:
    """The first output int8 (uint8 outputs reinterpreted) or int16 [n, V], gate bits bool [n, B]."""

    logits: NDArray[np.signedinteger[Any]]
    gates: NDArray[np.bool_]


class Reference:
    """The meaning of a model. TFLM defines the outputs; it shows no states, so those are the integer model's.

    ``width`` and ``dtype`` are number and type (int8, uint8 reinterpreted, int16) of the features of a step.

    Args:
        data: the .tflite; floats at its edges are taken off for the board and the integer model.

    Raises:
        UnsupportedOperatorError: the integer model lacks an operator (and TFLM is not asked).
        EvaluationError: TFLM refuses the model.
    """

    def __init__(self, data: bytes) -> None:
        self._integer = IntegerInterpreter(without_float_edges(read_model(data)))
        self._tflm = TflmRunner(data)
        self._inner, self._outer = self._integer.model.main, self._tflm.model.main
        shapes = [self._inner.tensors[i].shape for i in self._inner.inputs]
        self.width = int(np.prod(shapes[0]))
        self.dtype = _signed(self._inner.tensors[self._inner.inputs[0]].dtype)
        self.block_count = int(np.prod(shapes[1])) if len(shapes) > 1 else 0
        self.has_token_context = len(shapes) > 2
        self._decoder = decoder_of(self._integer.model)

    def reset(self) -> None:
        """Start a new stream."""
        self._integer.reset()
        self._tflm.reset()
        self._decoder.reset()

    def run(self, features: NDArray[np.signedinteger[Any]], source: str) -> Answers:
        """Continue the stream.

        Args:
            features: [n, width] of ``dtype``.
            source: ``arbitrator``, ``all`` or ``none``.

        Raises:
            DifferenceError: TFLM and the integer model do not agree, so there is no one answer.
        """
        logits, gates = [], []
        bias = [gate_bias(source, self.block_count).reshape(1, -1)] if self.block_count else []
        first = self._inner.tensors[self._inner.inputs[0]]
        for row in features:
            values = row.view(first.dtype).reshape(first.shape)
            others = [*bias, *self._decoder.inputs()]
            ours = self._integer.step(values, *others)
            self._check(ours, self._tflm.step(self._outer_value(values), *others))
            self._decoder.push(best_token(ours[0]))
            logits.append(ours[0].reshape(-1).view(_signed(ours[0].dtype.name)))
            gates.append(ours[1].reshape(-1).astype(bool) if self.block_count else np.empty(0, bool))
        return Answers(np.array(logits), np.array(gates))

    def states(self) -> dict[str, NDArray[Any]]:
        """States after the stream so far, oldest row first."""
        return self._integer.states()

    def _outer_value(self, values: NDArray[Any]) -> NDArray[Any]:
        if self._outer.tensors[self._outer.inputs[0]].dtype != "float32":
            return values
        tensor = self._inner.tensors[self._inner.inputs[0]]
        return (values.astype(np.float32) - tensor.zero_point) * np.float32(tensor.scale)

    def _check(self, ours: list[NDArray[Any]], theirs: list[NDArray[Any]]) -> None:
        for index, (a, b) in enumerate(zip(ours, theirs, strict=True)):
            tensor = self._inner.tensors[self._inner.outputs[index]]
            expected = a
            if b.dtype == np.float32:
                expected = (a.astype(np.float32) - tensor.zero_point) * np.float32(tensor.scale)
            if not np.array_equal(expected.reshape(-1), b.reshape(-1)):
                raise DifferenceError(
                    f"TFLM and the integer model differ in output {tensor}",
                    "report this with the model: one of the two has a defect, the board was not asked",
                )

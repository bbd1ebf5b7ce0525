"""Stock TFLM (the ``tflite-micro`` wheel) behind the same methods as the integer model."""

from __future__ import annotations

import struct
from typing import Any

import numpy as np
from numpy.typing import NDArray
from skipstone.quantize.evaluation.errors import EvaluationError
from skipstone.quantize.tflite.model import Model
from skipstone.quantize.tflite.reader import read_model
from skipstone.quantize.tflite.schema import NUMPY_TYPES
from skipstone.quantize.tflite.validation import called

SMALLEST_ARENA = 1 << 20
BYTES_PER_TENSOR = 1024
"""Room for the structures that TFLM keeps for a tensor and its operator on a 64-bit host, generously."""

_REFUSALS = (RuntimeError, ValueError, TypeError, AttributeError, IndexError, struct.error)
"""What the wheel raises for a model it cannot load; it unpacks parts of the file that the reader ignores."""


class TflmRunner:
    """Runs one model step by step in TFLM's reference kernels.

    TFLM trusts its input. The encoding is validated here; operators with impossible operands can still crash
    the process, so check a file of unknown origin with the integer model (``IntegerInterpreter``) first: it
    refuses them.

    Args:
        data: a .tflite.

    Raises:
        TfliteError: the bytes are not a valid model.
        EvaluationError: TFLM refuses the model.
    """

    def __init__(self, data: bytes) -> None:
        from tflite_micro import runtime

        self.model = read_model(data)
        _check_reached(self.model)
        main = self.model.main
        self.output_names = tuple(main.tensors[i].name for i in main.outputs)
        self._shapes = [main.tensors[i].shape for i in main.inputs]
        try:
            self._interpreter = runtime.Interpreter.from_bytes(data, arena_size=arena_bytes(self.model))
        except _REFUSALS as error:
            raise EvaluationError(
                f"TFLM refuses the model: {error}", "see the line that TFLM printed before this one"
            ) from error

    def reset(self) -> None:
        """Set every state to its zero point."""
        self._interpreter.reset()

    def step(self, *inputs: NDArray[Any]) -> list[NDArray[Any]]:
        """Invoke the model once; one array an input, one array an output (copies)."""
        if len(inputs) != len(self._shapes):
            raise EvaluationError(
                f"the model takes {len(self._shapes)} inputs, not {len(inputs)}", "pass one array an input"
            )
        try:
            for index, value in enumerate(inputs):
                self._interpreter.set_input(value.reshape(self._shapes[index]), index)
            self._interpreter.invoke()
        except (RuntimeError, ValueError) as error:
            raise EvaluationError(
                f"TFLM did not run the step: {error}", "pass inputs of the model's types and shapes"
            ) from error
        return [np.array(self._interpreter.get_output(i)) for i in range(len(self.output_names))]


def _check_reached(model: Model) -> None:
    """TFLM plans no scratch memory for operators of a subgraph that nothing calls, and crashes on it.

    Raises:
        EvaluationError: there is such a subgraph.
    """
    reached = {0}
    while True:
        more = {i for index in reached for op in model.subgraphs[index].operators for i in called(op)}
        if more <= reached:
            break
        reached |= more
    for subgraph in model.subgraphs:
        if subgraph.index not in reached:
            raise EvaluationError(
                f"TFLM does not run the model: nothing calls subgraph {subgraph.index}, '{subgraph.name}'",
                "remove subgraphs that no operator uses",
            )


def arena_bytes(model: Model) -> int:
    """An arena that is large enough on a 64-bit host: all computed tensors at once, twice, and overhead."""
    total = SMALLEST_ARENA
    for subgraph in model.subgraphs:
        for tensor in subgraph.tensors:
            itemsize = NUMPY_TYPES[tensor.dtype].itemsize if tensor.dtype in NUMPY_TYPES else 8
            channels = len(tensor.quantization.scales) if tensor.quantization else 0
            total += BYTES_PER_TENSOR + 16 * channels
            if not tensor.is_constant:
                total += 2 * itemsize * tensor.elements
    return total

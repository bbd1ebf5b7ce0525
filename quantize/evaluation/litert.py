"""LiteRT, a loose second opinion: its FULLY_CONNECTED rounds once, TFLM's twice. An optional extra.

All other operators of the integer model are equal byte for byte in LiteRT's reference kernels. One
FULLY_CONNECTED output in some thousands differs by one unit; deep networks with caches amplify it, so the
outputs of whole networks are close, not equal.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from skipstone.quantize.evaluation.errors import EvaluationError
from skipstone.quantize.tflite.reader import read_model


class LiteRtRunner:
    """Runs one model step by step in LiteRT's reference kernels.

    Args:
        data: a .tflite.

    Raises:
        TfliteError: the bytes are not a valid model.
        EvaluationError: LiteRT is not installed or refuses the model.
    """

    def __init__(self, data: bytes) -> None:
        self.model = read_model(data)
        self._data = data
        self.reset()

    def reset(self) -> None:
        """Start again with a new interpreter: LiteRT has no call that sets states to their zero points."""
        self._interpreter = _load(self._data)
        self._inputs = self._interpreter.get_input_details()
        self._outputs = self._interpreter.get_output_details()

    def step(self, *inputs: NDArray[Any]) -> list[NDArray[Any]]:
        """Invoke the model once; one array an input, one array an output (copies)."""
        for details, value in zip(self._inputs, inputs, strict=True):
            self._interpreter.set_tensor(details["index"], value.reshape(details["shape"]))
        self._interpreter.invoke()
        return [np.array(self._interpreter.get_tensor(details["index"])) for details in self._outputs]


def _load(data: bytes) -> Any:
    try:
        from ai_edge_litert.interpreter import Interpreter, OpResolverType
    except ImportError as error:
        raise EvaluationError(
            "LiteRT is not installed", "install the extra: pip install 'skipstone[litert]'"
        ) from error
    try:
        resolver = OpResolverType.BUILTIN_REF
        interpreter = Interpreter(model_content=data, experimental_op_resolver_type=resolver)
        interpreter.allocate_tensors()
    except (RuntimeError, ValueError) as error:
        raise EvaluationError(f"LiteRT refuses the model: {error}", "run it in TFLM instead") from error
    return interpreter

"""What an operator sees when it is prepared, and the checks that most operators need."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias, TypeVar

import numpy as np
from numpy.typing import NDArray
from skipstone.quantize.arithmetic.fixed_point import LARGEST_BIAS
from skipstone.quantize.integer.errors import IntegerModelError
from skipstone.quantize.tflite.model import Operator, Tensor
from skipstone.quantize.tflite.options import Options

Array: TypeAlias = NDArray[Any]
Kernel: TypeAlias = Callable[[Sequence[Any]], Sequence[Any]]
"""Maps the operator's input values to its output values; −1 inputs arrive as ``None``."""

OptionsType = TypeVar("OptionsType", bound=Options)


MOST_ITERATIONS = 10_000
"""Of all loops in one step."""


class Unsupported(Exception):  # noqa: N818 - a finding, collected by the interpreter
    """Raised by ``prepare`` with what the integer model does not cover."""


@dataclass
class Session:
    """What stateful and control operators share: variables, subgraphs, subgraphs that ran once.

    Attributes:
        variables: int8 values by shared name.
        run_subgraph: executes a subgraph on input values and returns its output values.
        initialised: subgraphs that CALL_ONCE has run; a reset keeps them, as in TFLM.
        iterations: of loops, in the running step.
    """

    run_subgraph: Callable[[int, Sequence[Any]], list[Any]]
    variables: dict[str, Array] = field(default_factory=dict)
    initialised: set[int] = field(default_factory=set)
    iterations: int = 0

    def count_iteration(self) -> None:
        """One more iteration of a loop.

        Raises:
            IntegerModelError: the step does not seem to end.
        """
        self.iterations += 1
        if self.iterations > MOST_ITERATIONS:
            raise IntegerModelError(
                f"loops of more than {MOST_ITERATIONS:,} iterations in one step",
                "check the condition of WHILE: it may never become false",
            )


@dataclass(frozen=True)
class Node:
    """An operator with its tensors; a left-out optional input is ``None``."""

    operator: Operator
    inputs: tuple[Tensor | None, ...]
    outputs: tuple[Tensor, ...]
    session: Session

    def options(self, kind: type[OptionsType]) -> OptionsType:
        """The operator's options as ``kind``."""
        if not isinstance(self.operator.options, kind):
            raise Unsupported(f"options {type(self.operator.options).__name__}, not {kind.__name__}")
        return self.operator.options

    def input(self, position: int) -> Tensor:
        """A required input."""
        tensor = self.inputs[position] if position < len(self.inputs) else None
        if tensor is None:
            raise Unsupported(f"input {position} is missing")
        return tensor

    def optional_input(self, position: int) -> Tensor | None:
        """An input that may be left out."""
        return self.inputs[position] if position < len(self.inputs) else None

    @property
    def output(self) -> Tensor:
        """The only output."""
        if len(self.outputs) != 1:
            raise Unsupported(f"{len(self.outputs)} outputs instead of one")
        return self.outputs[0]

    def int8_input(self, position: int) -> Tensor:
        """A required int8 input that is quantized as a whole."""
        return quantized_int8(self.input(position), f"input {position}")

    def int8_output(self) -> Tensor:
        """The only output, int8 and quantized as a whole."""
        return quantized_int8(self.output, "the output")

    def activation_input(self, position: int) -> Tensor:
        """A required int8 or int16 input that is quantized as a whole."""
        return quantized_activation(self.input(position), f"input {position}")

    def activation_output(self) -> Tensor:
        """The only output, int8 or int16 and quantized as a whole."""
        return quantized_activation(self.output, "the output")

    def state(self, position: int, dtypes: tuple[str, ...]) -> Tensor:
        """A variable tensor of one of ``dtypes``, quantized as a whole: the operator's own state.

        In the kernel its value is the state's name in ``session.variables``; the array is changed in place.
        """
        tensor = self.input(position)
        if not tensor.is_variable or tensor.dtype not in dtypes:
            raise Unsupported(f"input {position} is {tensor}, not a variable of type {' or '.join(dtypes)}")
        if tensor.quantization is None or tensor.quantization.per_channel:
            raise Unsupported(f"state {tensor} does not have one scale")
        return tensor

    def sums_in_int64(self, bias: int) -> bool:
        """Whether TFLM sums in int64: int16 activations with a bias of that type, or with none."""
        tensor = self.optional_input(bias)
        return self.input(0).dtype == "int16" and (tensor is None or tensor.dtype == "int64")

    def constant(self, position: int, dtype: str) -> Array:
        """Values of a constant input."""
        tensor = self.input(position)
        if tensor.data is None or tensor.dtype != dtype:
            raise Unsupported(f"input {position} is {tensor}, not a constant of type {dtype}")
        return tensor.data

    def weights(self, position: int, dtypes: tuple[str, ...] = ("int8",)) -> tuple[Array, tuple[float, ...]]:
        """Constant weights with zero point 0 of one of ``dtypes``: ``(values, scales)``, values as int8."""
        tensor = self.input(position)
        values = self.constant(position, tensor.dtype if tensor.dtype in dtypes else dtypes[0])
        if tensor.quantization is None or any(tensor.quantization.zero_points):
            raise Unsupported(f"weights {tensor} are not quantized with zero point 0")
        return values, tensor.quantization.scales

    def bias(self, position: int, channels: int) -> NDArray[np.int64]:
        """int64[channels] biases of an optional constant; zeros where it is left out.

        It is int32; for int16 activations int64 is possible, too.
        """
        tensor = self.optional_input(position)
        if tensor is None:
            return np.zeros(channels, np.int64)
        values = self.constant(position, "int64" if self.sums_in_int64(position) else "int32")
        if (np.abs(values.astype(np.float64)) >= LARGEST_BIAS).any():
            raise Unsupported(f"bias {tensor} has values beyond 2^46")
        if values.size != channels:
            raise Unsupported(f"bias {tensor} does not have {channels} elements")
        return values.reshape(channels).astype(np.int64)


def quantized_int8(tensor: Tensor, role: str) -> Tensor:
    """Check that ``tensor`` is int8 with one scale."""
    if tensor.dtype != "int8" or tensor.quantization is None or tensor.quantization.per_channel:
        raise Unsupported(f"{role} {tensor} is not int8 with one scale")
    return tensor


def quantized_activation(tensor: Tensor, role: str) -> Tensor:
    """Check that ``tensor`` is int8 or int16 with one scale, and that int16 has zero point 0."""
    if (
        tensor.dtype not in ("int8", "int16")
        or tensor.quantization is None
        or tensor.quantization.per_channel
    ):
        raise Unsupported(f"{role} {tensor} is not int8 or int16 with one scale")
    if tensor.dtype == "int16" and tensor.zero_point != 0:
        raise Unsupported(f"{role} {tensor} is int16 with zero point {tensor.zero_point}; TFLM takes 0")
    return tensor


def require_one_type(*tensors: Tensor) -> None:
    """Raise :class:`Unsupported` unless all ``tensors`` have one type."""
    require(len({tensor.dtype for tensor in tensors}) == 1, f"types {[t.dtype for t in tensors]} differ")


def require(condition: bool, finding: str) -> None:
    """Raise :class:`Unsupported` with ``finding`` unless ``condition`` holds."""
    if not condition:
        raise Unsupported(finding)

"""A TFLite model as frozen dataclasses: what the reader returns and every later stage works on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import prod
from typing import Any

from numpy.typing import NDArray
from skipstone.quantize.tflite.options import Options


@dataclass(frozen=True)
class Quantization:
    """``real = scale · (q − zero_point)``.

    Attributes:
        scales: float32 values; one, or one a channel along ``axis``.
        zero_points: as many as scales.
        axis: quantized dimension.
    """

    scales: tuple[float, ...]
    zero_points: tuple[int, ...]
    axis: int = 0

    @property
    def per_channel(self) -> bool:
        """Whether there is more than one scale."""
        return len(self.scales) > 1


@dataclass(frozen=True, eq=False)
class Tensor:
    """One tensor of a subgraph.

    Attributes:
        index: position in the subgraph.
        name: name in the file, may be empty.
        shape: every dimension at least 0; 1 where it is known at run time only.
        dtype: ``int8``, ``int32``, ``bool``, ``resource`` …
        quantization: ``None`` where the file has none.
        data: read-only values of a constant, of ``shape``; ``None`` for a computed tensor.
        is_variable: state of a legacy stateful operator (SVDF, LSTM).
        is_dynamic: the file leaves a dimension open (−1 in the shape or in the shape signature).
    """

    index: int
    name: str
    shape: tuple[int, ...]
    dtype: str
    quantization: Quantization | None
    data: NDArray[Any] | None
    is_variable: bool = False
    is_dynamic: bool = False

    @property
    def is_constant(self) -> bool:
        """Whether the file holds its values."""
        return self.data is not None

    @property
    def elements(self) -> int:
        """Number of elements."""
        return prod(self.shape)

    @property
    def scale(self) -> float:
        """Scale of a tensor that is quantized as a whole; 0.0 where there is none."""
        return self.quantization.scales[0] if self.quantization else 0.0

    @property
    def zero_point(self) -> int:
        """Zero point of a tensor that is quantized as a whole; 0 where there is none."""
        return self.quantization.zero_points[0] if self.quantization else 0

    def __str__(self) -> str:
        return f"{self.name or f'#{self.index}'} {self.dtype}{list(self.shape)}"


@dataclass(frozen=True)
class Operator:
    """One operator.

    Attributes:
        index: position in the subgraph, which is the order of execution.
        name: ``"FULLY_CONNECTED"`` …; ``"CUSTOM:xyz"`` for a custom operator.
        version: as the file says.
        inputs: tensor indices, −1 for an optional input that is left out.
        outputs: tensor indices.
        options: typed options; ``None`` for an operator without options or one this reader does not know.
    """

    index: int
    name: str
    version: int
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    options: Options | None


@dataclass(frozen=True)
class Subgraph:
    """One subgraph; ``inputs`` and ``outputs`` are tensor indices."""

    index: int
    name: str
    tensors: tuple[Tensor, ...]
    operators: tuple[Operator, ...]
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]

    def tensor_name(self, tensor: Tensor) -> str:
        """Name of one of its tensors; made of indices where the file has none."""
        return tensor.name or f"subgraph{self.index}/tensor{tensor.index}"

    def describe(self, operator: Operator) -> str:
        """Name an operator for a message: ``fully_connected 'layer0/ffn/up'``."""
        named = [self.tensors[i].name for i in operator.outputs if self.tensors[i].name]
        label = f"'{named[0]}'" if named else f"#{operator.index} of subgraph '{self.name}'"
        return f"{operator.name.lower()} {label}"


@dataclass(frozen=True)
class Model:
    """A whole file. Subgraph 0 is the main graph; ``metadata`` maps names to raw bytes."""

    description: str
    subgraphs: tuple[Subgraph, ...]
    metadata: Mapping[str, bytes]

    @property
    def main(self) -> Subgraph:
        """The graph that one invocation executes."""
        return self.subgraphs[0]


def read_only(values: NDArray[Any]) -> NDArray[Any]:
    """Return ``values`` with writing switched off."""
    values.flags.writeable = False
    return values

"""What a step computes or moves, one class an operation; ``program.py`` puts them in order.

Nothing here depends on the board: kernel selection packs the constants for its instruction set.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from skipstone.firmware.codegen.buffers import Span
from skipstone.firmware.codegen.graph import State
from skipstone.firmware.codegen.packing.operator import KernelVariant, PackedOperator
from skipstone.quantize.arithmetic.addition import AddParameters


@dataclass(frozen=True)
class Requantization:
    """Scaling of an accumulator to the output, one multiplier and shift (left positive) a channel."""

    multipliers: NDArray[np.int64]
    shifts: NDArray[np.int64]
    zero_point: int
    low: int = -128
    high: int = 127


@dataclass(eq=False)
class Operation:
    """One thing a step does. ``origin`` is ``(subgraph, operator)`` in the .tflite."""

    name: str
    origin: tuple[int, int]

    def reads(self) -> list[Span]:
        """Spans that are read."""
        return []

    def writes(self) -> list[Span]:
        """Spans that are written."""
        return []

    @property
    def macs(self) -> int:
        """Multiply-accumulates of one execution."""
        return 0


@dataclass(eq=False)
class UnaryOperation(Operation):
    """One input, one output."""

    input: Span
    output: Span

    def reads(self) -> list[Span]:
        """The input."""
        return [self.input]

    def writes(self) -> list[Span]:
        """The output."""
        return [self.output]


@dataclass(eq=False)
class KernelCall(Operation):
    """A kernel whose constants the operator's own rule packs.

    Attributes:
        inputs: in the order of the kernel's arguments.
        output: one span.
        pack: makes the constants for a kernel variant.
        work: multiply-accumulates of one execution.
    """

    inputs: tuple[Span, ...]
    output: Span
    pack: Callable[[KernelVariant], PackedOperator]
    work: int = 0

    def reads(self) -> list[Span]:
        """Every input."""
        return list(self.inputs)

    def writes(self) -> list[Span]:
        """The output."""
        return [self.output]

    @property
    def macs(self) -> int:
        """As the rule has counted."""
        return self.work


@dataclass(eq=False)
class Fill(Operation):
    """Set every byte of a span to one value, −128 … 127."""

    output: Span
    value: int

    def writes(self) -> list[Span]:
        """The output."""
        return [self.output]


@dataclass(eq=False)
class FullyConnected(UnaryOperation):
    """FULLY_CONNECTED on one row: weights int8[N, K] (zero point 0), bias int32[N]."""

    weights: NDArray[np.int8]
    bias: NDArray[np.int32]
    input_zero_point: int
    requantization: Requantization
    weight_bits: int = 8
    """4: weights are −8 … 7 and stored two a byte"""

    @property
    def macs(self) -> int:
        """N · K."""
        return int(self.weights.size)


@dataclass(eq=False)
class DepthwiseConv(Operation):
    """DEPTHWISE_CONV_2D at one output position: weights int8[taps, channels], tap 0 meets the oldest row."""

    window: State | Span
    output: Span
    weights: NDArray[np.int8]
    bias: NDArray[np.int32]
    input_zero_point: int
    requantization: Requantization

    def reads(self) -> list[Span]:
        """The window, unless it is a ring."""
        return [self.window] if isinstance(self.window, Span) else []

    def writes(self) -> list[Span]:
        """The output."""
        return [self.output]

    @property
    def macs(self) -> int:
        """taps · channels."""
        return int(self.weights.size)


@dataclass(eq=False)
class Add(Operation):
    """Element-wise ADD; the output may be one of the inputs."""

    a: Span
    b: Span
    output: Span
    parameters: AddParameters
    low: int
    high: int

    def reads(self) -> list[Span]:
        """Both inputs."""
        return [self.a, self.b]

    def writes(self) -> list[Span]:
        """The output."""
        return [self.output]


@dataclass(eq=False)
class FullyConnectedAdd(Operation):
    """A layer whose output is only added to the residual: that is ``add.a``, the layer's output ``add.b``."""

    layer: FullyConnected
    add: Add

    def reads(self) -> list[Span]:
        """The layer's input and the residual."""
        return [self.layer.input, self.add.a]

    def writes(self) -> list[Span]:
        """The sum."""
        return [self.add.output]

    @property
    def macs(self) -> int:
        """Those of the layer."""
        return self.layer.macs


@dataclass(eq=False)
class Attention(UnaryOperation):
    """Attention of one query over all positions of a key ring and a value ring, whatever their order.

    Attributes:
        exp_table: int32[256] of ``skipstone.quantize.arithmetic.softmax.softmax_exp_table``.
        score: requantization of query · key.
        context: requantization of probability · value.
    """

    keys: State
    values: State
    heads: int
    head_dim: int
    positions: int
    row_stride: int
    query_zero_point: int
    key_zero_point: int
    value_zero_point: int
    exp_table: NDArray[np.int32]
    score: Requantization
    context: Requantization

    @property
    def macs(self) -> int:
        """Both products."""
        return 2 * self.heads * self.head_dim * self.positions


@dataclass(eq=False)
class Embedding(Operation):
    """Rows of an int8 table [V, width], one for each token of the context in the state memory."""

    output: Span
    table: NDArray[np.int8]
    tokens: int

    def writes(self) -> list[Span]:
        """The output."""
        return [self.output]


@dataclass(eq=False)
class Compare(UnaryOperation):
    """GREATER against constants: 1 where ``input[i] >= thresholds[i]``; thresholds int16[n], 128: never."""

    thresholds: NDArray[np.int16]


@dataclass(eq=False)
class Copy(UnaryOperation):
    """Move bytes where a tensor has to stand in two places."""

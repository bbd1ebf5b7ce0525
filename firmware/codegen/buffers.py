"""Memory of the program: buffers that the memory plan places, and parts of them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from numpy.typing import NDArray
from skipstone.firmware.codegen.graph import State, Value


class Role(StrEnum):
    """Where a buffer lies."""

    ARENA = "arena"
    FEATURES = "features"
    GATE_BIAS = "gate_bias"
    LOGITS = "logits"
    GATES = "gates"
    RING_SLOT = "ring_slot"
    """the row of a ring that the running step overwrites"""
    STATE = "state"
    """a state whose rows lie in order"""
    CONSTANT = "constant"
    """constants that a kernel reads like an activation"""


@dataclass(eq=False)
class Buffer:
    """Memory of one or more tensors.

    Attributes:
        name: tensor name, or ``residual``.
        bytes: size.
        role: where it lies.
        state: of a ring slot or a state.
        data: of constants, int8, uint8 or int16, one dimension.
        offset: byte offset in the arena; the memory plan sets it.
        width: bytes of one element.
    """

    name: str
    bytes: int
    role: Role = Role.ARENA
    state: State | None = None
    data: NDArray[Any] | None = None
    offset: int = -1
    width: int = 1

    @property
    def elements(self) -> int:
        """Number of elements."""
        return self.bytes // self.width

    @classmethod
    def of(cls, value: Value, name: str = "") -> Buffer:
        """Memory in the arena for ``value``, under its name or another."""
        return cls(name or value.name, value.bytes, width=value.width)


@dataclass(frozen=True)
class Span:
    """A contiguous part of a buffer, in bytes; it begins at an element."""

    buffer: Buffer
    offset: int
    bytes: int

"""Register command streams of Ethos-U: words ↔ commands.

A command is one 32-bit word, ``code`` in bits 0 … 9 and ``parameter`` in bits 16 … 31; where bits 14 … 15 are
1, a second word follows, the payload. Both kinds number their codes on their own. Source: the command
definitions in the Vela wheel (``ethos_u55_regs``).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray
from skipstone.firmware.codegen.npu.errors import VelaError

_CODE = 0x3FF
_PAYLOAD = 0x4000
_MODE = 0xC000


class Operation(IntEnum):
    """Codes of commands that do something; every other command sets a register."""

    STOP = 0x000
    IRQ = 0x001
    CONV = 0x002
    DEPTHWISE = 0x003
    POOL = 0x005
    ELEMENTWISE = 0x006
    RESIZE = 0x007
    DMA_START = 0x010
    DMA_WAIT = 0x011
    KERNEL_WAIT = 0x012
    PMU_MASK = 0x013

    @classmethod
    def of(cls, command: Command) -> Operation | None:
        """What ``command`` does; ``None`` where it sets a register."""
        is_operation = command.payload is None and command.code in cls._value2member_map_
        return cls(command.code) if is_operation else None


@dataclass(frozen=True)
class Command:
    """One command; ``payload`` is the second word of those that have one."""

    code: int
    parameter: int = 0
    payload: int | None = None

    @property
    def address(self) -> int:
        """Payload with the parameter's bits above it: how streams hold addresses."""
        return (self.payload or 0) | self.parameter << 32


def address_command(code: int, address: int) -> Command:
    """The command that sets an address register."""
    return Command(code, address >> 32, address & 0xFFFFFFFF)


def parse(words: NDArray[np.uint32]) -> list[Command]:
    """Commands of a whole stream.

    Raises:
        VelaError: a word is no command, or the stream does not end with ``STOP``.
    """
    commands: list[Command] = []
    values = words.tolist()
    position = 0
    while position < len(values):
        word = values[position]
        has_payload = word & _MODE == _PAYLOAD
        if word & _MODE not in (0, _PAYLOAD) or position + has_payload >= len(values):
            raise VelaError(
                f"word {position} of a command stream, {word:#010x}, is no command", "use ethos-u-vela 5.2"
            )
        payload = values[position + 1] if has_payload else None
        commands.append(Command(word & _CODE, word >> 16, payload))
        position += 2 if has_payload else 1
    if not commands or Operation.of(commands[-1]) is not Operation.STOP:
        raise VelaError("a command stream without its end", "use ethos-u-vela 5.2")
    return commands


def encode(commands: Iterable[Command]) -> NDArray[np.uint32]:
    """The words of ``commands``."""
    words: list[int] = []
    for command in commands:
        head = command.code | command.parameter << 16
        words += [head] if command.payload is None else [head | _PAYLOAD, command.payload]
    return np.array(words, np.uint32)

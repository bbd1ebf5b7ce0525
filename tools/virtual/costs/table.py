"""The cost file: what the emulator plugin charges for each instruction of one ELF.

Little endian: a header ``{char magic[8], u32 count, u32 counters_address}``, then records by address
``{u32 pc, u16 cost, u16 taken_extra, u32 mark, u32 interrupt}``; costs in sixteenths of a cycle. The C twin
is ``tools/virtual/plugin/cost_table.h``.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass

MAGIC = b"SSCOST01"
SIXTEENTHS = 16
_HEADER = struct.Struct("<8sII")
_RECORD = struct.Struct("<IHHII")


@dataclass(frozen=True)
class Cost:
    """Cycles of one instruction, in sixteenths.

    Attributes:
        straight: when control goes on to the next address.
        taken_extra: on top when it does not (pipeline refill of a taken branch).
    """

    straight: int
    taken_extra: int = 0


@dataclass(frozen=True)
class CostRecord:
    """One instruction: its address, cost, and whether it is a mark or part of an interrupt handler."""

    pc: int
    cost: Cost
    mark: bool = False
    interrupt: bool = False


def encode(records: Sequence[CostRecord], counters_address: int) -> bytes:
    """The bytes of a cost file; ``counters_address`` is 0 when the image has no ``ss_virtual_counters``."""
    ordered = sorted(records, key=lambda record: record.pc)
    body = b"".join(
        _RECORD.pack(
            record.pc,
            min(record.cost.straight, 0xFFFF),
            min(record.cost.taken_extra, 0xFFFF),
            int(record.mark),
            int(record.interrupt),
        )
        for record in ordered
    )
    return _HEADER.pack(MAGIC, len(ordered), counters_address) + body


def decode(data: bytes) -> tuple[list[CostRecord], int]:
    """Inverse of :func:`encode`: ``(records, counters_address)``.

    Raises:
        ValueError: not a cost file, or cut short.
    """
    if len(data) < _HEADER.size:
        raise ValueError("shorter than the header of a cost file")
    magic, count, counters_address = _HEADER.unpack_from(data)
    if magic != MAGIC or len(data) != _HEADER.size + count * _RECORD.size:
        raise ValueError("not a cost file")
    rows = _RECORD.iter_unpack(data[_HEADER.size :])
    return [
        CostRecord(pc, Cost(cost, taken), bool(m), bool(i)) for pc, cost, taken, m, i in rows
    ], counters_address

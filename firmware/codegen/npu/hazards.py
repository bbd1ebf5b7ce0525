"""Which operands of a stream may share memory: a residual stream is read and written in place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from skipstone.firmware.codegen.npu.command_stream import Command, Operation
from skipstone.firmware.codegen.npu.relocation import IFM, IFM2, OFM, Operand

_BROADCAST = (False, 0x180)
_STRIDES = {IFM: (0x04, 0x05, 0x06), OFM: (0x14, 0x15, 0x16), IFM2: (0x84, 0x85, 0x86)}
_KERNELS = (Operation.CONV, Operation.DEPTHWISE, Operation.POOL, Operation.RESIZE, Operation.ELEMENTWISE)


@dataclass(frozen=True)
class _Layout:
    """Where an operand lies: region, addresses of its tiles, strides."""

    region: int
    addresses: tuple[int, ...]
    strides: tuple[int, ...]


def may_share(commands: Sequence[Command], read: int, written: int) -> bool:
    """Whether region ``written`` may be the same memory as region ``read``.

    True when the first operation that writes one is the last that touches the other, and works element by
    element on both in the same layout, or comes after all that read it.
    """
    registers: dict[tuple[bool, int], Command] = {}
    operations: list[tuple[Operation, list[_Layout], _Layout | None, bool]] = []
    for command in commands:
        registers[command.payload is not None, command.code] = command
        operation = Operation.of(command)
        if operation in _KERNELS:
            sources = (IFM, IFM2) if operation is Operation.ELEMENTWISE else (IFM,)
            inputs = [layout for source in sources if (layout := _layout(source, registers)) is not None]
            broadcast = registers.get(_BROADCAST, Command(0)).parameter != 0
            operations.append((operation, inputs, _layout(OFM, registers), broadcast))
    reads = [i for i, (_, inputs, _, _) in enumerate(operations) if any(x.region == read for x in inputs)]
    writes = [i for i, (_, _, output, _) in enumerate(operations) if output and output.region == written]
    if not reads or not writes or reads[-1] < writes[0]:
        return True
    operation, inputs, output, broadcast = operations[writes[0]]
    if reads[-1] > writes[0] or operation is not Operation.ELEMENTWISE or broadcast or output is None:
        return False
    sources_here = [layout for layout in inputs if layout.region == read]
    return all((x.addresses, x.strides) == (output.addresses, output.strides) for x in sources_here)


def _layout(operand: Operand, registers: dict[tuple[bool, int], Command]) -> _Layout | None:
    region = registers.get((False, operand.region))
    if region is None:
        return None
    addresses = tuple(registers[True, code].address for code in operand.bases if (True, code) in registers)
    strides = tuple(registers[True, code].address for code in _STRIDES[operand] if (True, code) in registers)
    return _Layout(region.parameter, addresses, strides)

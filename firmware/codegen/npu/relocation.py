"""Relocation: tensors of a compiled graph move to the regions where the firmware keeps them.

Vela places inputs, outputs and temporaries at addresses of its own choice. A job shall work on the buffers of
the generated code instead, without copies: every access is redirected to a region of the caller's, whose base
is given when the job starts. Only region numbers and addresses change; order, sizes and strides stay.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from skipstone.firmware.codegen.npu.command_stream import Command, Operation, address_command
from skipstone.firmware.codegen.npu.errors import VelaError


@dataclass(frozen=True)
class Place:
    """Bytes ``[offset, offset + bytes)`` of a region."""

    region: int
    offset: int
    bytes: int

    def holds(self, region: int, address: int) -> bool:
        """Whether an access that begins at ``address`` of ``region`` belongs to this place."""
        return region == self.region and self.offset <= address < self.offset + self.bytes


@dataclass(frozen=True)
class Move:
    """Accesses to ``source`` go to ``region`` instead, ``source``'s first byte to ``offset`` there."""

    source: Place
    region: int
    offset: int = 0


@dataclass(frozen=True)
class Operand:
    """Codes of the commands that say where one operand of an operation lies.

    Attributes:
        region: of the command that sets the region.
        bases: of those that set addresses: tiles of a feature map, or streams of the cores.
        precision: of the command that says how a feature map is stored; its addresses after the first belong
            to the same tensor, and 0 means unused. ``None`` for what is no feature map.
    """

    region: int
    bases: tuple[int, ...]
    precision: int | None = None


IFM = Operand(0x10F, (0x00, 0x01, 0x02, 0x03), precision=0x105)
OFM = Operand(0x11F, (0x10, 0x11, 0x12, 0x13), precision=0x114)
IFM2 = Operand(0x18F, (0x80, 0x81, 0x82, 0x83), precision=0x185)
_DMA = (Operand(0x130, (0x30,)), Operand(0x131, (0x31,)))
_WEIGHTS = {
    "ethos-u55": (Operand(0x128, (0x20,)), Operand(0x129, (0x22,))),
    "ethos-u65": (Operand(0x128, (0x20, 0x90)), Operand(0x129, (0x22, 0x92))),
    "ethos-u85": (Operand(0x128, (0x20, 0x90, 0x92, 0x94)), Operand(0x129, (0x22,))),
}
_MEMORY_OPERATIONS = frozenset(
    {
        Operation.CONV,
        Operation.DEPTHWISE,
        Operation.POOL,
        Operation.ELEMENTWISE,
        Operation.RESIZE,
        Operation.DMA_START,
    }
)
_INTERNAL = 0x100
"""Bit of a DMA region: the NPU's own memory, where tables of activations lie."""

_NOT_IN_MEMORY = 0x8000
"""Bit of a precision on Ethos-U85: the operand is a scalar, or handed on inside the NPU."""


def relocate(commands: Sequence[Command], moves: Sequence[Move], product: str) -> list[Command]:
    """The same stream with every access redirected.

    Args:
        commands: a whole stream.
        moves: every place that it reads or writes.
        product: ``ethos-u55`` … : which registers there are.

    Raises:
        VelaError: an access outside of all moves.
    """
    operands = (IFM, OFM, IFM2, *_WEIGHTS[product], *_DMA)
    held = {(False, operand.region) for operand in operands}
    held |= {(True, code) for operand in operands for code in operand.bases}
    raw: dict[tuple[bool, int], Command] = {}
    emitted: dict[tuple[bool, int], Command] = {}
    settings: dict[tuple[bool, int], Command] = {}
    result: list[Command] = []
    for command in commands:
        key = (command.payload is not None, command.code)
        if key in held:
            raw[key] = command
            continue
        settings[key] = command
        if Operation.of(command) in _MEMORY_OPERATIONS:
            for operand in operands:
                is_inside = product == "ethos-u85" and _is_inside(operand, settings)
                for place in _unchanged(operand, raw) if is_inside else _redirected(operand, raw, moves):
                    place_key = (place.payload is not None, place.code)
                    if emitted.get(place_key) != place:
                        emitted[place_key] = place
                        result.append(place)
        result.append(command)
    return result


def _is_inside(operand: Operand, settings: dict[tuple[bool, int], Command]) -> bool:
    if operand.precision is None or (False, operand.precision) not in settings:
        return False
    return bool(settings[False, operand.precision].parameter & _NOT_IN_MEMORY)


def _unchanged(operand: Operand, raw: dict[tuple[bool, int], Command]) -> list[Command]:
    return [raw[False, operand.region]] if (False, operand.region) in raw else []


def _redirected(
    operand: Operand, raw: dict[tuple[bool, int], Command], moves: Sequence[Move]
) -> list[Command]:
    """Commands that set region and addresses of ``operand`` as they should be; none while it is not set."""
    region = raw.get((False, operand.region))
    bases = [raw[True, code] for code in operand.bases if (True, code) in raw]
    if region is None or not bases:
        return []
    if region.parameter & _INTERNAL:
        return [region, *bases]
    move = _find(region.parameter, bases[0].address, moves)
    shift = move.offset - move.source.offset
    result = [Command(operand.region, move.region)]
    for position, base in enumerate(bases):
        is_map = operand.precision is not None
        is_unused = is_map and position > 0 and base.address == 0
        if not (is_map or _find(region.parameter, base.address, moves) is move):
            raise VelaError("weights of one operation in two places", "report it with this model")
        result.append(address_command(base.code, base.address + (0 if is_unused else shift)))
    return result


def _find(region: int, address: int, moves: Sequence[Move]) -> Move:
    for move in moves:
        if move.source.holds(region, address):
            return move
    raise VelaError(
        f"a command stream that accesses byte {address} of region {region}, where no tensor lies",
        "use ethos-u-vela 5.2, or leave this part to the CPU (--npu-min-macs)",
    )

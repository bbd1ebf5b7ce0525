"""Accesses go to the regions of the generated code; everything else stays."""

from __future__ import annotations

import pytest
from skipstone.firmware.codegen.npu.command_stream import Command, Operation
from skipstone.firmware.codegen.npu.errors import VelaError
from skipstone.firmware.codegen.npu.hazards import may_share
from skipstone.firmware.codegen.npu.relocation import Move, Place, relocate

POOL, ADD, STOP = Command(Operation.POOL), Command(Operation.ELEMENTWISE), Command(Operation.STOP)
INPUTS, OUTPUTS = 3, 4
MOVES = [
    Move(Place(INPUTS, 0, 96), 2),
    Move(Place(INPUTS, 96, 96), 5, 32),
    Move(Place(OUTPUTS, 0, 96), 6),
    Move(Place(1, 0, 64), 1, 128),
]


def ifm(region: int, address: int, *tiles: int) -> list[Command]:
    """Where the input of the next operation lies."""
    bases = [Command(code, 0, base) for code, base in enumerate((address, *tiles))]
    return [Command(0x10F, region), *bases]


def ofm(region: int, address: int) -> list[Command]:
    """Where its output goes."""
    return [Command(0x11F, region), Command(0x10, 0, address)]


def placed(stream: list[Command]) -> list[tuple[int, int]]:
    """Region and address of the input at each operation."""
    region, address, result = -1, -1, []
    for command in stream:
        if (command.payload is None, command.code) == (True, 0x10F):
            region = command.parameter
        elif (command.payload is None, command.code) == (False, 0x00):
            address = command.address
        elif Operation.of(command) is Operation.POOL:
            result.append((region, address))
    return result


def test_each_tensor_goes_to_its_own_region() -> None:
    stream = [*ifm(3, 0), *ofm(1, 0), POOL, *ifm(3, 96), POOL, *ifm(1, 16), *ofm(4, 0), POOL, STOP]
    moved = relocate(stream, MOVES, "ethos-u55")
    assert placed(moved) == [(2, 0), (5, 32), (1, 144)]
    assert [c for c in moved if Operation.of(c)] == [POOL, POOL, POOL]
    assert moved[-1] == STOP


def test_a_part_of_a_tensor_keeps_its_place_in_it() -> None:
    moved = relocate([*ifm(3, 96 + 40), *ofm(4, 0), POOL, STOP], MOVES, "ethos-u55")
    assert placed(moved) == [(5, 72)]


def test_tiles_move_along_and_unused_ones_stay_zero() -> None:
    moved = relocate([*ifm(3, 96, 0, 144, 0), *ofm(4, 0), POOL, STOP], MOVES, "ethos-u55")
    tiles = [command.payload for command in moved if command.payload is not None and command.code < 4]
    assert tiles == [32, 0, 80, 0]


def test_a_change_of_region_alone_moves_the_address_too() -> None:
    stream = [*ifm(3, 0), *ofm(4, 0), POOL, Command(0x10F, 1), POOL, STOP]
    assert placed(relocate(stream, MOVES, "ethos-u55")) == [(2, 0), (1, 128)]


def test_registers_that_do_not_change_are_not_set_again() -> None:
    stream = [*ifm(3, 0), *ofm(4, 0), POOL, *ifm(3, 0), POOL, STOP]
    assert sum(command.code == 0x10F for command in relocate(stream, MOVES, "ethos-u55")) == 1


def test_an_access_where_nothing_lies_is_refused() -> None:
    with pytest.raises(VelaError, match="byte 192 of region 3"):
        relocate([*ifm(3, 192), *ofm(4, 0), POOL, STOP], MOVES, "ethos-u55")


def test_the_npus_own_memory_is_left_alone() -> None:
    dma = [Command(0x130, 0), Command(0x30, 0, 8), Command(0x131, 0x103), Command(0x31, 0, 1024)]
    stream = [*dma, Command(Operation.DMA_START), STOP]
    moved = relocate(stream, [Move(Place(0, 0, 64), 0, 256)], "ethos-u55")
    assert Command(0x131, 0x103) in moved and Command(0x31, 0, 1024) in moved
    assert Command(0x30, 0, 264) in moved


def test_operands_that_stay_inside_an_u85_are_left_alone() -> None:
    chained = [Command(0x105, 0x8049), *ifm(7, 0), *ofm(4, 0), POOL, STOP]
    assert Command(0x10F, 7) in relocate(chained, MOVES, "ethos-u85")
    with pytest.raises(VelaError):
        relocate(chained, MOVES, "ethos-u55")


def strides(base: int, *values: int) -> list[Command]:
    """Strides of an operand."""
    return [Command(base + index, 0, value) for index, value in enumerate(values)]


def add_of(source: int, target: int, row: int = 96) -> list[Command]:
    """An ADD of one row of a region with another one."""
    layout = [*strides(0x04, 96, 96, 1), *strides(0x14, row, row, 1)]
    return [*ifm(source, 0, 0, 0, 0), *layout, Command(0x11F, target), *strides(0x10, 0, 0, 0, 0), ADD]


def test_an_elementwise_operation_at_the_end_works_in_place() -> None:
    assert may_share([*ifm(2, 0), *ofm(1, 0), POOL, *add_of(2, 3), STOP], 2, 3)


def test_other_strides_do_not() -> None:
    assert not may_share([*add_of(2, 3, row=48), STOP], 2, 3)


def test_a_broadcast_does_not() -> None:
    assert not may_share([Command(0x180, 1), *add_of(2, 3), STOP], 2, 3)


def test_a_convolution_does_not_work_in_place() -> None:
    assert not may_share([*ifm(2, 0), *ofm(3, 0), Command(Operation.CONV), STOP], 2, 3)


def test_what_is_read_again_must_stay() -> None:
    assert not may_share([*add_of(2, 3), *ifm(2, 0), *ofm(1, 0), POOL, STOP], 2, 3)


def test_what_is_read_before_the_first_write_need_not() -> None:
    assert may_share([*ifm(2, 0), *ofm(1, 0), POOL, *ifm(1, 0), *ofm(3, 0), POOL, STOP], 2, 3)

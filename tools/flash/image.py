"""The loadable part of a firmware ELF, checked against a board."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path

from elftools.common.exceptions import ELFError
from elftools.elf.elffile import ELFFile
from elftools.elf.sections import ARMAttributesSection
from skipstone.firmware.codegen.boards import Board
from skipstone.tools.flash.errors import FlashError

# Tag_CPU_arch, "Addenda to, and errata in, the ABI for the Arm architecture", table of build attributes.
ARCHITECTURES = {"cortex-m4": 13, "cortex-m7": 13, "cortex-m33": 17, "cortex-m55": 21}
ARCHITECTURE_NAMES = {
    11: "Armv6-M",
    10: "Armv7-M",
    13: "Armv7E-M",
    16: "Armv8-M.base",
    17: "Armv8-M.main",
    21: "Armv8.1-M",
}


@dataclass(frozen=True)
class Segment:
    """Bytes and their load address."""

    address: int
    data: bytes


@dataclass(frozen=True)
class FirmwareImage:
    """What is written to a board.

    Attributes:
        segments: by load address.
        vector_table: address of the vector table (the beginning of the board's code memory).
        stack_pointer: initial stack pointer, from the table.
        reset_handler: address of the first instruction, without the Thumb bit.
    """

    segments: tuple[Segment, ...]
    vector_table: int
    stack_pointer: int
    reset_handler: int

    @property
    def total_bytes(self) -> int:
        """Bytes to write."""
        return sum(len(segment.data) for segment in self.segments)


def read_firmware(elf: Path, board: Board) -> FirmwareImage:
    """Read ``elf`` and check that it was built for ``board``.

    Raises:
        FlashError: not a firmware ELF, for another core, or outside the board's memories.
    """
    try:
        with elf.open("rb") as file:
            parsed = ELFFile(file)
            _check_core(elf, parsed, board)
            loads = [s for s in parsed.iter_segments() if s["p_type"] == "PT_LOAD" and s["p_filesz"]]
            segments = tuple(
                Segment(s["p_paddr"], s.data()) for s in sorted(loads, key=lambda s: s["p_paddr"])
            )
    except (OSError, ELFError) as error:
        raise FlashError(f"{elf}: {error}", "pass the firmware.elf that `skipstone build` wrote") from error
    _check_memory(elf, segments, board)
    vector_table = board.memory[board.code_region].origin
    stack_pointer, reset = _vectors(elf, segments, vector_table)
    if not any(region.origin <= (reset & ~1) < region.end for region in board.memory.values()):
        raise FlashError(
            f"{elf}: the reset vector 0x{reset:08x} lies outside the memories of board '{board.name}'",
            f"build for it: skipstone build DIR --board {board.name} -o firmware.elf",
        )
    return FirmwareImage(segments, vector_table, stack_pointer, reset & ~1)


def _vectors(elf: Path, segments: tuple[Segment, ...], vector_table: int) -> tuple[int, int]:
    """Initial stack pointer and reset vector, where the core of the board fetches them."""
    for segment in segments:
        offset = vector_table - segment.address
        if 0 <= offset <= len(segment.data) - 8:
            stack_pointer, reset = struct.unpack_from("<2I", segment.data, offset)
            return int(stack_pointer), int(reset)
    raise FlashError(
        f"{elf}: there is no vector table at 0x{vector_table:08x}",
        "place the section .vectors at the beginning of the board's code memory",
    )


def _check_core(elf: Path, parsed: ELFFile, board: Board) -> None:
    if parsed["e_machine"] != "EM_ARM" or parsed["e_type"] != "ET_EXEC":
        raise FlashError(
            f"{elf}: not an executable for Arm", "pass the firmware.elf that `skipstone build` wrote"
        )
    found = _architecture(parsed)
    expected = ARCHITECTURES.get(board.core)
    if found is not None and expected is not None and found != expected:
        name = ARCHITECTURE_NAMES.get(found, f"architecture {found}")
        raise FlashError(
            f"{elf} is built for {name}, but board '{board.name}' has a {board.core} "
            f"({ARCHITECTURE_NAMES[expected]})",
            f"build for it: skipstone build DIR --board {board.name} -o firmware.elf",
        )


def _architecture(parsed: ELFFile) -> int | None:
    section = parsed.get_section_by_name(".ARM.attributes")
    if not isinstance(section, ARMAttributesSection):
        return None
    for subsection in section.iter_subsections():
        for group in subsection.iter_subsubsections():
            for attribute in group.iter_attributes("TAG_CPU_ARCH"):
                return int(attribute.value)
    return None


def _check_memory(elf: Path, segments: tuple[Segment, ...], board: Board) -> None:
    if not segments:
        raise FlashError(
            f"{elf}: holds nothing to load", "pass the firmware.elf that `skipstone build` wrote"
        )
    for segment in segments:
        end = segment.address + len(segment.data)
        if not any(r.origin <= segment.address and end <= r.end for r in board.memory.values()):
            raise FlashError(
                f"{elf}: 0x{segment.address:08x}–0x{end:08x} is not memory of board '{board.name}'",
                f"build for it: skipstone build DIR --board {board.name} -o firmware.elf",
            )

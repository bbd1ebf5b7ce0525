"""What the cost model reads from an ELF besides code: marks, the counters variable, interrupt handlers."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path

from elftools.common.exceptions import ELFError
from elftools.elf.elffile import ELFFile
from elftools.elf.sections import SymbolTableSection
from skipstone.tools.virtual.errors import CostModelError

COUNTERS_SYMBOL = "ss_virtual_counters"
MARK_SECTION = ".perfmarks"
SYSTICK_VECTOR = (
    15  # after initial stack pointer, reset and the other system exceptions; interrupts follow it
)
CHARGED_HANDLERS = ("ss_npu_interrupt_handler",)
"""Interrupts that the thread raises itself, at the same instruction every time: their cost is the step's."""


@dataclass(frozen=True)
class Image:
    """Facts of one firmware image.

    Attributes:
        marks: addresses of the counter marks.
        counters_address: guest address of ``ss_virtual_counters``, 0 if the image has none.
        interrupt_ranges: ``[begin, end)`` of the functions that the vectors of SysTick and of external
            interrupts point at, but for :data:`CHARGED_HANDLERS`.
    """

    marks: frozenset[int]
    counters_address: int
    interrupt_ranges: tuple[tuple[int, int], ...]

    def in_interrupt(self, pc: int) -> bool:
        """Whether ``pc`` lies in an interrupt handler."""
        return any(begin <= pc < end for begin, end in self.interrupt_ranges)


def read_image(elf: Path) -> Image:
    """Read marks, counters and interrupt handlers of ``elf``.

    Raises:
        CostModelError: not an ELF file, or it cannot be read.
    """
    try:
        with elf.open("rb") as file:
            parsed = ELFFile(file)
            functions, charged, counters = _symbols(parsed)
            return Image(_marks(parsed), counters, _interrupt_ranges(parsed, functions, charged))
    except (OSError, ELFError) as error:
        raise CostModelError(
            f"{elf}: {error}", "pass the firmware.elf that `skipstone build` wrote"
        ) from error


def _marks(elf: ELFFile) -> frozenset[int]:
    section = elf.get_section_by_name(MARK_SECTION)
    if section is None:
        return frozenset()
    data = section.data()
    return frozenset(pc & ~1 for pc, _ in struct.iter_unpack("<II", data[: len(data) // 8 * 8]))


def _symbols(elf: ELFFile) -> tuple[dict[int, int], set[int], int]:
    """``({function address: size}, addresses of charged handlers, address of the counters)``."""
    functions: dict[int, int] = {}
    charged: set[int] = set()
    counters = 0
    for section in elf.iter_sections():
        if not isinstance(section, SymbolTableSection):
            continue
        for symbol in section.iter_symbols():
            if symbol["st_info"]["type"] == "STT_FUNC":
                functions[symbol["st_value"] & ~1] = symbol["st_size"]
                if symbol.name in CHARGED_HANDLERS:
                    charged.add(symbol["st_value"] & ~1)
            elif symbol.name == COUNTERS_SYMBOL:
                counters = symbol["st_value"]
    return functions, charged, counters


def _interrupt_ranges(
    elf: ELFFile, functions: dict[int, int], charged: set[int]
) -> tuple[tuple[int, int], ...]:
    """Functions that interrupt vectors name and system vectors do not (a shared default handler)."""
    section = elf.get_section_by_name(".vectors") or elf.get_section_by_name(".isr_vector")
    if section is None:
        return ()
    data = section.data()
    words = [word & ~1 for (word,) in struct.iter_unpack("<I", data[: len(data) // 4 * 4])]
    system = set(words[:SYSTICK_VECTOR])
    handlers = {word for word in words[SYSTICK_VECTOR:] if word in functions} - system - charged
    return tuple((begin, begin + functions[begin]) for begin in sorted(handlers))

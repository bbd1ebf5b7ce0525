"""Firmware images with one damaged command stream of the NPU."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
from elftools.elf.elffile import ELFFile
from numpy.typing import NDArray
from skipstone.firmware.codegen.npu import command_stream
from skipstone.firmware.codegen.npu.command_stream import Command, Operation

Words = NDArray[np.uint32]
Damage = Callable[[Words], Words]

OUTPUT_ADDRESS = 0x010  # NPU_SET_OFM_BASE0, a command with a payload
BEYOND_MEMORY = 0x00F0_0000_0000
NO_COMMAND = 0x0000_03FF


def unknown_command(words: Words) -> Words:
    """A code that no command has, in the middle."""
    commands = command_stream.parse(words)
    return command_stream.encode([*commands[:9], Command(NO_COMMAND), *commands[10:]])[: len(words)]


def address_out_of_range(words: Words) -> Words:
    """The first output lies where no memory is."""
    commands = command_stream.parse(words)
    first = next(i for i, c in enumerate(commands) if c.payload is not None and c.code == OUTPUT_ADDRESS)
    commands[first] = command_stream.address_command(OUTPUT_ADDRESS, BEYOND_MEMORY)
    return command_stream.encode(commands)


def no_stop(words: Words) -> Words:
    """The end is a wait instead of NPU_OP_STOP."""
    commands = command_stream.parse(words)
    commands[-1] = replace(commands[-1], code=Operation.KERNEL_WAIT, parameter=0)
    return command_stream.encode(commands)


def damage_image(elf: Path, symbol: str, damage: Damage, output: Path) -> Path:
    """Copy the image ``elf``, the stream that ``symbol`` names changed by ``damage``; its length stays."""
    with elf.open("rb") as file:
        image = ELFFile(file)
        table = image.get_section_by_name(".symtab")
        found = next(item for item in table.iter_symbols() if item.name == symbol)
        address, size = found["st_value"], found["st_size"]
        section = next(
            item
            for item in image.iter_sections()
            if item["sh_addr"] <= address < item["sh_addr"] + item["sh_size"]
            and item["sh_type"] != "SHT_NOBITS"
        )
        offset = section["sh_offset"] + address - section["sh_addr"]
    data = bytearray(elf.read_bytes())
    words = np.frombuffer(bytes(data[offset : offset + size]), "<u4").astype(np.uint32)
    damaged = damage(words)
    assert damaged.shape == words.shape
    assert not np.array_equal(damaged, words)
    data[offset : offset + size] = damaged.astype("<u4").tobytes()
    output.write_bytes(data)
    return output

"""Words ↔ commands."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from skipstone.firmware.codegen.npu.command_stream import (
    Command,
    Operation,
    address_command,
    encode,
    parse,
)
from skipstone.firmware.codegen.npu.errors import VelaError

STOP = Command(Operation.STOP, 0xFFFF)
COMMANDS = st.builds(
    Command,
    st.integers(1, 0x3FF),
    st.integers(0, 0xFFFF),
    st.none() | st.integers(0, 0xFFFFFFFF),
)


@given(st.lists(COMMANDS, max_size=30))
def test_streams_come_back_as_they_were(commands: list[Command]) -> None:
    stream = [*commands, STOP]
    assert parse(encode(stream)) == stream


@given(st.lists(st.integers(0, 0xFFFFFFFF), max_size=30))
def test_any_words_are_commands_or_an_error(words: list[int]) -> None:
    try:
        commands = parse(np.array(words, np.uint32))
    except VelaError:
        return
    assert encode(commands).size == len(words)


@pytest.mark.parametrize(
    ("words", "why"),
    [
        ([], "without its end"),
        ([0x0000_0012], "without its end"),
        ([0x0000_4000], "no command"),
        ([0x0000_8001, 0], "no command"),
        ([0, 0x0000_4020], "no command"),
    ],
)
def test_what_is_no_stream_is_refused(words: list[int], why: str) -> None:
    with pytest.raises(VelaError, match=why):
        parse(np.array(words, np.uint32))


def test_addresses_may_have_more_than_32_bits() -> None:
    command = address_command(0x20, 0x12_3456_789A)
    assert (command.parameter, command.payload, command.address) == (0x12, 0x3456_789A, 0x12_3456_789A)


def test_registers_are_no_operations() -> None:
    assert Operation.of(Command(0x10F, 3)) is None
    assert Operation.of(Command(0x002, 0, 5)) is None, "an address register has the code of CONV"
    assert Operation.of(Command(0x002)) is Operation.CONV

"""The emulator plugin counts instructions exactly, repeatably and on every board."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from skipstone.tools import virtual

from .conftest import BOARDS, ask

SPIN_INSTRUCTIONS = 2  # of one turn
SYSTICK_HZ = {
    "mps2-an386": 25e6,
    "mps2-an500": 25e6,
    "mps2-an505": 20e6,
    "mps3-an547": 32e6,
    "netduinoplus2": 168e6,
}
ICOUNT_SHIFT = 5
BETWEEN_TIMER_AND_MARK = 10  # instructions, and half a tick


@pytest.mark.parametrize("name", BOARDS)
def test_counts_are_exact_and_repeatable(name: str, test_firmware: Callable[..., Path]) -> None:
    """Twice the turns cost exactly twice the loop's instructions, and the same in every run."""
    counts = []
    for _ in range(2):
        board = virtual.start(name, test_firmware(name))
        counts += [ask(board.port, "c"), ask(board.port, "c")]
        virtual.stop(name)
    assert all(row == counts[0] for row in counts)
    instructions, cycles = counts[0][::2], counts[0][1::2]
    assert instructions[1] - instructions[0] == 1000 * SPIN_INSTRUCTIONS
    assert instructions[2] - instructions[1] == 2000 * SPIN_INSTRUCTIONS
    assert cycles[2] - cycles[1] == pytest.approx(2 * (cycles[1] - cycles[0]), abs=2)


@pytest.mark.parametrize("name", BOARDS)
def test_interrupt_handlers_are_not_charged(name: str, test_firmware: Callable[..., Path]) -> None:
    """An interrupt of some hundred instructions in a measured span adds nothing but its trigger."""
    board = virtual.start(name, test_firmware(name))
    plain, _, interrupted, _, handled = ask(board.port, "i")
    assert handled == 50, "the handler ran"
    assert 0 < interrupted - plain < 10


@pytest.mark.parametrize("name", BOARDS)
def test_counts_agree_with_icount(name: str, test_firmware: Callable[..., Path]) -> None:
    """QEMU's own instruction counting, seen as SysTick ticks, adds only the code between timer and mark."""
    virtual.start(name, icount_shift=ICOUNT_SHIFT)
    board = virtual.start(name, test_firmware(name))
    ticks, instructions, _ = ask(board.port, "t")
    by_timer = ticks / (SYSTICK_HZ[name] * 2**ICOUNT_SHIFT * 1e-9)
    assert 0 <= by_timer - instructions < BETWEEN_TIMER_AND_MARK

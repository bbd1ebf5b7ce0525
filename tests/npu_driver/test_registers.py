"""The register file of the virtual board's NPU, as a processor without a driver sees it."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from .conftest import MACS, Bench

ID, STATUS, CMD, RESET, QREAD, QSIZE, PROT, CONFIG = 0x00, 0x04, 0x08, 0x0C, 0x18, 0x20, 0x24, 0x28
BASEP0, PMCR, PMCNTENSET, PMCNTENCLR, PMCCNTR_LO, PMCCNTR_HI = 0x80, 0x180, 0x184, 0x188, 0x1A0, 0x1A4
RUN, CLEAR_IRQ = 1, 2
READ_ONLY = (ID, STATUS, QREAD, PROT, CONFIG)


@pytest.fixture
def device(bench: Bench) -> Bench:
    """The registers after power-on; the driver is not used."""
    bench.power_on(MACS)
    bench.hold_interrupt(0)
    return bench


def test_reset_values(device: Bench) -> None:
    assert device.register(ID) >> 28 == 1, "architecture 1"
    assert (device.register(ID) >> 12) & 0xF == 4, "Ethos-U55"
    assert device.register(STATUS) == 0
    assert device.register(CMD) == 0xC
    assert [device.register(0xFF0 + 4 * i) for i in range(4)] == [0x0D, 0xF0, 0x05, 0xB1]


@pytest.mark.parametrize(("macs", "log2", "shram"), [(32, 5, 16), (64, 6, 16), (128, 7, 24), (256, 8, 48)])
def test_config_names_the_size(device: Bench, macs: int, log2: int, shram: int) -> None:
    device.power_on(macs)
    assert device.register(CONFIG) == shram << 8 | log2


@pytest.mark.parametrize("offset", READ_ONLY)
def test_read_only_registers_ignore_writes(device: Bench, offset: int) -> None:
    before = device.register(offset)
    device.write_register(offset, 0xFFFF_FFFF)
    assert device.register(offset) == before


def test_a_job_raises_the_interrupt_and_reads_the_queue(device: Bench) -> None:
    device.write_register(QSIZE, 64)
    device.write_register(CMD, RUN)
    assert device.register(STATUS) == 0xFFFF_0022
    assert device.register(QREAD) == 64
    device.write_register(CMD, CLEAR_IRQ)
    assert device.register(STATUS) == 0xFFFF_0020
    device.write_register(CMD, 0x00FF_0000)
    assert device.register(STATUS) == 0xFF00_0020, "history bits are cleared one by one"


def test_after_a_fault_only_the_reset_helps(device: Bench) -> None:
    device.set_result(4, 12, 1, True, 0)
    device.write_register(CMD, RUN)
    faulty = device.register(STATUS)
    device.write_register(QSIZE, 128)
    device.write_register(CMD, RUN)
    assert device.register(STATUS) == faulty
    assert device.register(QSIZE) == 0
    assert device.device_jobs() == 1
    device.write_register(RESET, 3)
    assert (device.register(STATUS), device.register(PROT)) == (0, 3)
    device.write_register(QSIZE, 128)
    assert device.register(QSIZE) == 128


def test_cycles_count_only_while_enabled(device: Bench) -> None:
    device.set_cycles(70_000)
    device.write_register(CMD, RUN)
    assert device.register(PMCCNTR_LO) == 0
    device.write_register(PMCR, 1)
    device.write_register(PMCNTENSET, 1 << 31)
    device.write_register(PMCCNTR_LO, 0xFFFF_FFFF)
    device.write_register(CMD, RUN)
    assert (device.register(PMCCNTR_LO), device.register(PMCCNTR_HI)) == (69_999, 1)
    device.write_register(PMCNTENCLR, 1 << 31)
    device.write_register(CMD, RUN)
    assert device.register(PMCCNTR_LO) == 69_999
    device.write_register(PMCR, 4)
    assert (device.register(PMCCNTR_LO), device.register(PMCCNTR_HI)) == (0, 0)


@settings(max_examples=200)
@given(st.lists(st.tuples(st.integers(0, 0xFFF), st.integers(0, 2**32 - 1)), max_size=60))
def test_any_writes_leave_a_device_that_a_reset_mends(
    bench_library: object, writes: list[tuple[int, int]]
) -> None:
    device = Bench(bench_library)  # type: ignore[arg-type]
    device.power_on(MACS)
    device.hold_interrupt(0)
    for offset, value in writes:
        device.write_register(offset, value)
        device.register(offset)
    device.write_register(RESET, 0)
    assert device.register(STATUS) == 0
    device.write_register(CMD, RUN)
    assert device.register(STATUS) == 0xFFFF_0022

"""The driver: start, jobs, faults, time-outs, power; every error is sticky until the reset."""

from __future__ import annotations

from enum import IntEnum

import pytest
from skipstone.tools.protocol.messages import NpuError

from .conftest import MACS, Bench

STATUS, CMD, RESET, QBASE0, QSIZE, QREAD, PROT, CONFIG = 0x04, 0x08, 0x0C, 0x10, 0x20, 0x18, 0x24, 0x28
QCONFIG, REGIONCFG, AXI_LIMIT0, BASEP0, PMCNTENSET, PMCCNTR = 0x1C, 0x3C, 0x40, 0x80, 0x184, 0x1A0
RUN, CLEAR_IRQ, CLOCK_Q, POWER_Q = 1, 2, 4, 8
TIMEOUT_MS = 50


class Fault(IntEnum):
    """``npu_fault`` of the model."""

    COMMAND = 2
    END = 3
    BUS = 4
    WEIGHTS = 5
    UNMODELLED = 6


class Inject(IntEnum):
    """``npu_injection`` of the registers."""

    MISSING_INTERRUPT = 1
    HANG = 2
    BUS = 3
    ECC = 4
    RESET = 5


@pytest.mark.parametrize("macs", [32, 64, 128, 256])
def test_the_npu_is_found_whatever_its_size(bench: Bench, macs: int) -> None:
    bench.power_on(macs)
    assert bench.init(macs, 0, 0, TIMEOUT_MS) == NpuError.NONE
    assert bench.start() == NpuError.NONE


def test_another_size_or_nothing_at_all_is_refused(bench: Bench) -> None:
    assert bench.init(64, 0, 0, TIMEOUT_MS) == NpuError.ABSENT
    assert bench.start() == NpuError.REFUSED
    bench.set_absent(True)
    assert bench.init(MACS, 0, 0, TIMEOUT_MS) == NpuError.ABSENT


@pytest.mark.parametrize(("macs", "timeout_ms"), [(0, 50), (MACS, 0), (MACS, 10_001)])
def test_a_configuration_that_means_nothing_is_refused(bench: Bench, macs: int, timeout_ms: int) -> None:
    assert bench.init(macs, 0, 0, timeout_ms) == NpuError.ARGUMENT
    assert bench.init_nowhere() == NpuError.ARGUMENT
    assert bench.start() == NpuError.REFUSED


@pytest.mark.parametrize(("user", "non_secure", "levels"), [(0, 0, 1), (1, 0, 0), (0, 1, 3), (1, 1, 2)])
def test_privilege_and_security_are_those_asked_for(
    bench: Bench, user: int, non_secure: int, levels: int
) -> None:
    assert bench.init(MACS, user, non_secure, TIMEOUT_MS) == NpuError.NONE
    assert bench.register(PROT) == levels
    assert (RESET, levels) in bench.written()


def test_levels_that_are_not_granted_are_an_error(bench: Bench) -> None:
    bench.set_stubborn(True)
    assert bench.reset() == NpuError.STUCK
    assert bench.start() == NpuError.REFUSED


def test_start_up_sets_what_no_job_changes(bench: Bench) -> None:
    assert bench.register(QCONFIG) == 2
    assert bench.register(REGIONCFG) == 0x27
    assert all(bench.register(AXI_LIMIT0 + 4 * i) == bench.register(AXI_LIMIT0) != 0 for i in range(4))
    assert bench.register(PMCNTENSET) == 1 << 31
    assert bench.register(CMD) == CLOCK_Q, "power stays on"


def test_a_job_gets_its_stream_and_its_regions(bench: Bench) -> None:
    assert bench.start(0x1100_0040, 604, 5) == NpuError.NONE
    assert (bench.seen_queue(), bench.seen_bytes()) == (0x1100_0040, 604)
    assert [bench.seen_base(i) for i in range(8)] == [0x2000_0000 + 0x1000 * i for i in range(5)] + [0, 0, 0]
    order = [offset for offset, _ in bench.written()]
    assert order.index(QBASE0) < order.index(CMD)
    assert order.index(QSIZE) < order.index(CMD)
    assert (bench.jobs(), bench.device_jobs()) == (1, 1)


def test_a_job_costs_few_register_accesses(bench: Bench) -> None:
    """Three regions: three bases, queue base and size, start, interrupt acknowledged."""
    bench.start()
    assert len(bench.written()) == 7


def test_only_regions_with_bytes_are_cached(bench: Bench) -> None:
    bench.start(regions=4)
    assert bench.cleaned() == bench.invalidated() == 100 + 200 + 300


def test_cycles_are_summed_over_jobs(bench: Bench) -> None:
    for cycles in (1000, 234, 0):
        bench.set_cycles(cycles)
        bench.start()
    assert bench.cycles() == 1234
    assert bench.register(PMCCNTR) == 1234


def test_the_cycle_counter_may_wrap_between_two_readings(bench: Bench) -> None:
    bench.write_register(PMCCNTR, 0xFFFF_FFF0)
    bench.set_cycles(100)
    bench.start()
    assert bench.cycles() == 100


@pytest.mark.parametrize(
    ("commands", "size", "regions"),
    [(0, 64, 1), (0x1008, 64, 1), (0x1000, 0, 1), (0x1000, 62, 1), (0x1000, 64, 9)],
)
def test_a_job_that_cannot_be_started_is_an_error(
    bench: Bench, commands: int, size: int, regions: int
) -> None:
    assert bench.start(commands, size, regions) == NpuError.ARGUMENT
    assert bench.device_jobs() == 0
    assert bench.last_fault()["error"] == NpuError.ARGUMENT


@pytest.mark.parametrize(
    ("fault", "region", "write", "error", "channel"),
    [
        (Fault.COMMAND, 0, False, NpuError.COMMAND, 0),
        (Fault.UNMODELLED, 0, False, NpuError.COMMAND, 0),
        (Fault.BUS, 8, False, NpuError.BUS, 0),
        (Fault.BUS, 1, False, NpuError.BUS, 1),
        (Fault.BUS, 1, True, NpuError.BUS, 8),
        (Fault.WEIGHTS, 0, False, NpuError.WEIGHTS, 2),
        (Fault.END, 0, False, NpuError.INCOMPLETE, 0),
    ],
)
def test_faults_are_decoded(
    bench: Bench, fault: Fault, region: int, write: bool, error: NpuError, channel: int
) -> None:
    bench.start()
    bench.set_result(fault, 40, region, write, 0)
    assert bench.start() == error
    record = bench.last_fault()
    assert (record["error"], record["job"], record["channel"]) == (error, 2, channel)
    assert record["queue_offset"] == (64 if fault == Fault.END else 40)


def test_a_job_that_ends_without_stop_is_incomplete(bench: Bench) -> None:
    """All commands were executed but the last, which leaves its mask in STATUS."""
    bench.set_result(0, 0, 0, False, 0)
    assert bench.start() == NpuError.INCOMPLETE


@pytest.mark.parametrize(
    ("injection", "error"),
    [
        (Inject.MISSING_INTERRUPT, NpuError.INTERRUPT),
        (Inject.HANG, NpuError.TIMEOUT),
        (Inject.BUS, NpuError.BUS),
        (Inject.ECC, NpuError.ECC),
    ],
)
def test_errors_stay_until_the_reset(bench: Bench, injection: Inject, error: NpuError) -> None:
    bench.inject(injection)
    assert bench.start() == error
    assert bench.start() == NpuError.REFUSED
    assert bench.last_fault()["error"] == error
    assert (bench.jobs(), bench.device_jobs()) == (1, 1), "the refused job was not started"
    assert bench.reset() == NpuError.NONE
    assert bench.last_fault()["error"] == NpuError.NONE
    assert bench.start() == NpuError.NONE
    assert bench.jobs() == 2


def test_a_failed_job_leaves_the_npu_stopped(bench: Bench) -> None:
    bench.inject(Inject.HANG)
    bench.start()
    assert bench.register(STATUS) == 0


def test_the_timer_is_stopped_whatever_happens(bench: Bench) -> None:
    bench.start()
    bench.inject(Inject.HANG)
    bench.start()
    assert bench.timer_stops() == 2


def test_a_late_interrupt_is_waited_for(bench: Bench) -> None:
    bench.hold_interrupt(TIMEOUT_MS // 2)
    assert bench.start() == NpuError.NONE


def test_an_interrupt_that_comes_too_late_is_an_error(bench: Bench) -> None:
    bench.hold_interrupt(2 * TIMEOUT_MS)
    assert bench.start() == NpuError.INTERRUPT


def test_a_polled_npu_needs_no_interrupt(bench: Bench) -> None:
    bench.init_polled(MACS, TIMEOUT_MS)
    bench.hold_interrupt(0)
    assert bench.start() == NpuError.NONE
    assert bench.register(STATUS) == 0x20, "acknowledged all the same"
    bench.inject(Inject.HANG)
    assert bench.start() == NpuError.TIMEOUT
    assert bench.reset() == NpuError.NONE
    bench.inject(Inject.BUS)
    assert bench.start() == NpuError.BUS


def test_a_reset_that_does_not_end_is_an_error_and_may_be_tried_again(bench: Bench) -> None:
    bench.inject(Inject.RESET)
    assert bench.start() == NpuError.TIMEOUT
    assert bench.register(STATUS) == 8, "the driver's own reset is still under way"
    assert bench.reset() == NpuError.NONE


def test_release_lets_go_of_power_and_the_next_job_sets_up_again(bench: Bench) -> None:
    bench.release()
    assert bench.register(CMD) == CLOCK_Q | POWER_Q
    bench.write_register(RESET, 0)  # what switching power off does
    assert bench.register(QCONFIG) == 0
    assert bench.start() == NpuError.NONE
    assert bench.register(QCONFIG) == 2
    assert bench.register(CMD) == CLOCK_Q


def test_acquire_spares_the_next_job_the_set_up(bench: Bench) -> None:
    bench.release()
    assert bench.acquire() == NpuError.NONE
    bench.forget_accesses()
    bench.start()
    assert len(bench.written()) == 7
    bench.forget_accesses()
    assert bench.acquire() == NpuError.NONE
    assert bench.written() == [], "it is on already"


def test_acquire_is_refused_after_a_fault(bench: Bench) -> None:
    bench.inject(Inject.HANG)
    bench.start()
    assert bench.acquire() == NpuError.REFUSED


def test_counts_go_on_after_a_reset(bench: Bench) -> None:
    bench.set_cycles(10)
    bench.start()
    bench.reset()
    bench.start()
    assert (bench.jobs(), bench.cycles()) == (2, 20)


def test_the_interrupt_is_acknowledged_with_the_history(bench: Bench) -> None:
    bench.start()
    assert (CMD, 0xFFFF_0000 | CLEAR_IRQ | CLOCK_Q) in bench.written()
    assert bench.register(STATUS) == 0x20, "end reached, nothing else"

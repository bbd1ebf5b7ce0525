"""Open blocks start jobs of the NPU, shut ones none; a job that fails is reported and the board works again.

Needs firmware with an NPU: ``pytest hil_tests --board mps3-an547 --npu ethos-u55-128``.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from skipstone.firmware.codegen.boards import Board
from skipstone.firmware.codegen.generate import generate
from skipstone.tools import virtual
from skipstone.tools.build.firmware import build_firmware
from skipstone.tools.device import Device, RequestRefusedError
from skipstone.tools.flash import flash
from skipstone.tools.protocol.messages import ErrorCode, NpuError
from skipstone.tools.virtual import NpuInjection, VirtualBoard, inject_npu_fault, npu_counts

from .damaged_streams import Damage, address_out_of_range, damage_image, no_stop, unknown_command
from .reference import Reference

STEPS = 150
FEWER_INSTRUCTIONS = 10
VICTIM = 3
"""Block whose stream is damaged."""

Features = NDArray[np.int8]


@dataclass(frozen=True)
class Jobs:
    """Jobs of the firmware: of every step, and int [B] of each block; names of the streams by block."""

    fixed: int
    of_block: NDArray[np.int64]
    streams: dict[int, str]


@pytest.fixture(scope="session")
def jobs(pytestconfig: pytest.Config, firmware: Path, device: Device) -> Jobs:
    """The job table, from ``codegen.json``."""
    if not pytestconfig.getoption("--npu"):
        pytest.skip("the firmware has no NPU: pass --npu")
    table = json.loads((firmware.parent / "code" / "codegen.json").read_text())["npu"]["jobs"]
    blocks = np.array([job["block"] for job in table])
    source = (firmware.parent / "code" / "npu_jobs.c").read_text()
    names = [part.split(",")[0] for part in source.split(".commands = ")[1:]]
    of_block = np.bincount(blocks[blocks >= 0], minlength=device.info.block_count)
    return Jobs(int((blocks < 0).sum()), of_block, dict(zip(blocks.tolist(), names, strict=True)))


@pytest.fixture
def emulated(jobs: Jobs, board: Board, pytestconfig: pytest.Config) -> VirtualBoard:
    """The board as a virtual one."""
    if board.virtual is None or pytestconfig.getoption("--port"):
        pytest.skip("faults are injected on virtual boards only")
    return virtual.find(board.name)


@pytest.fixture
def another_image(emulated: VirtualBoard, board: Board, firmware: Path, device: Device) -> Iterator[None]:
    """The test flashes another image; afterwards the board runs its own again."""
    yield
    flash(board, firmware)
    device.hello()


def assert_refused(device: Device, features: Features, error: NpuError) -> None:
    """The step is answered with the error of the NPU, and so is the next one: the stream is lost."""
    for _ in range(2):
        with pytest.raises(RequestRefusedError, match=error.name.lower()) as refused:
            device.step_features(features[:1])
        assert (refused.value.code, refused.value.detail) == (ErrorCode.NPU, error)
    assert device.npu_info().error == error


def assert_works(device: Device, reference: Reference, features: Features) -> None:
    """After a reset every step is as it should be, all blocks open."""
    device.reset()
    assert device.npu_info().error == NpuError.NONE
    device.set_gates("all")
    expected = reference.tflm(features[:20], reference.biases("all", 20))
    expected.check(device.step_features(features[:20]))


def test_every_open_block_starts_its_jobs_and_no_shut_one(
    jobs: Jobs, board: Board, device: Device, features: Features
) -> None:
    """Counted by the driver at every step, in its profile, and by the NPU's model."""
    masks = np.random.default_rng(3).random((STEPS, device.info.block_count)) < 0.5
    masks[0], masks[1] = False, True
    before = npu_counts(virtual.find(board.name)).jobs if board.virtual else 0
    device.set_gates("trace")
    device.profile(clear=True)
    batch = device.step_features(features[:STEPS], masks, npu=True)
    expected = jobs.fixed + masks @ jobs.of_block
    assert np.array_equal(batch.npu_jobs, expected)
    profile = device.npu_profile()
    assert profile.jobs == expected.sum()
    assert np.array_equal(profile.block_jobs, masks.sum(axis=0) * jobs.of_block)
    assert profile.before_jobs + profile.after_jobs == STEPS * jobs.fixed
    assert profile.cycles == batch.npu_cycles.sum()
    if board.virtual:
        assert npu_counts(virtual.find(board.name)).jobs - before == expected.sum()


def test_the_core_executes_ten_times_fewer_instructions(
    emulated: VirtualBoard,
    another_image: None,
    board: Board,
    model_file: Path,
    device: Device,
    features: Features,
    tmp_path: Path,
) -> None:
    """All blocks open, against firmware of the same model that runs on the core alone."""
    device.set_gates("all")
    with_npu = device.step_features(features[:STEPS], logits=False).instructions
    generate(model_file, board, tmp_path / "code")
    build_firmware(tmp_path / "code", board, tmp_path / "firmware.elf")
    flash(board, tmp_path / "firmware.elf")
    device.hello()
    device.set_gates("all")
    alone = device.step_features(features[:STEPS], logits=False).instructions
    print(
        f"\n{board.name}: {alone.mean():,.0f} instructions a step alone, {with_npu.mean():,.0f} with the NPU"
    )
    assert alone.mean() >= FEWER_INSTRUCTIONS * with_npu.mean()


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (NpuInjection.MISSING_INTERRUPT, NpuError.INTERRUPT),
        (NpuInjection.HANG, NpuError.TIMEOUT),
        (NpuInjection.BUS, NpuError.BUS),
        (NpuInjection.ECC, NpuError.ECC),
    ],
)
def test_a_failed_job_is_reported_and_a_reset_mends_it(
    fault: NpuInjection,
    error: NpuError,
    emulated: VirtualBoard,
    device: Device,
    reference: Reference,
    features: Features,
) -> None:
    device.step_features(features[:3])
    inject_npu_fault(emulated, fault)
    assert_refused(device, features, error)
    assert_works(device, reference, features)


def test_a_reset_that_does_not_end_is_tried_again(
    emulated: VirtualBoard, device: Device, reference: Reference, features: Features
) -> None:
    inject_npu_fault(emulated, NpuInjection.RESET)
    assert_refused(device, features, NpuError.TIMEOUT)
    assert_works(device, reference, features)


@pytest.mark.parametrize(
    ("damage", "error"),
    [
        (unknown_command, NpuError.COMMAND),
        (address_out_of_range, NpuError.BUS),
        (no_stop, NpuError.INCOMPLETE),
    ],
)
def test_a_damaged_stream_is_reported_and_the_other_blocks_work(
    damage: Damage,
    error: NpuError,
    jobs: Jobs,
    another_image: None,
    board: Board,
    firmware: Path,
    device: Device,
    reference: Reference,
    features: Features,
    tmp_path: Path,
) -> None:
    """One block's stream is damaged in flash: with that block shut the model is byte-equal to TFLM again."""
    flash(board, damage_image(firmware, jobs.streams[VICTIM], damage, tmp_path / "damaged.elf"))
    device.hello()
    device.set_gates("all")
    assert_refused(device, features, error)
    mask = np.ones(device.info.block_count, dtype=bool)
    mask[VICTIM] = False
    device.set_gates("mask", mask)
    device.reset()
    expected = reference.tflm(features[:20], reference.mask_biases(np.tile(mask, (20, 1))))
    expected.check(device.step_features(features[:20]))

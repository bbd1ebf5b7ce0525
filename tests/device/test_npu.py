"""What the client knows of an NPU: counts of steps and of blocks, its errors by name."""

from __future__ import annotations

import numpy as np
import pytest
from skipstone.tools.device import Device, RequestRefusedError
from skipstone.tools.device.batching import feature_requests, pcm_requests
from skipstone.tools.protocol import messages as m

from .simulated_board import BLOCKS, FEATURES, SAMPLES, SimulatedBoard


def test_jobs_and_cycles_come_with_every_step() -> None:
    device = Device(SimulatedBoard())
    batch = device.step_features(np.zeros((7, FEATURES), np.int8), npu=True)
    assert np.array_equal(batch.npu_jobs, np.arange(7))
    assert np.array_equal(batch.npu_cycles, 100 * np.arange(7))
    batch = device.step_pcm(np.zeros((2, SAMPLES), np.int16), npu=True, features=True)
    assert np.array_equal(batch.npu_jobs, np.arange(2))


def test_they_are_absent_unless_asked_for() -> None:
    batch = Device(SimulatedBoard()).step_features(np.zeros((3, FEATURES), np.int8))
    assert batch.npu_jobs is None
    assert batch.npu_cycles is None


def test_replies_with_counts_fit_a_message() -> None:
    """The most steps that a message may have, with everything that a reply may carry."""
    info = Device(SimulatedBoard()).info
    rows = np.zeros((600, FEATURES), np.int8)
    for request in feature_requests(info, rows, None, logits=True, npu=True):
        reply = 5 + request.steps * (10 + info.gate_bytes + info.logit_count + 6)
        assert reply <= info.max_payload
    pcm = np.zeros((60, SAMPLES), np.int16)
    for pcm_request in pcm_requests(info, pcm, None, logits=True, features=True, npu=True):
        reply = 7 + pcm_request.steps * (18 + info.gate_bytes + info.logit_count + FEATURES + 6)
        assert reply <= info.max_payload


def test_the_profile_comes_in_pages() -> None:
    profile = Device(SimulatedBoard()).npu_profile()
    assert np.array_equal(profile.block_jobs, np.arange(BLOCKS))
    assert np.array_equal(profile.block_cycles, 10 * np.arange(BLOCKS))
    assert (profile.steps, profile.jobs, profile.cycles) == (9, 100, 2000)
    assert (profile.before_jobs, profile.before_cycles, profile.after_jobs, profile.after_cycles) == (
        3,
        30,
        4,
        40,
    )


def test_a_failed_job_is_named() -> None:
    error = RequestRefusedError("step_features", m.ErrorCode.NPU, m.NpuError.TIMEOUT)
    assert error.cause == "the board refuses step_features: npu (timeout)"
    assert "reset" in error.remedy
    absent = RequestRefusedError("reset", m.ErrorCode.NPU, m.NpuError.ABSENT)
    assert "build and flash" in absent.remedy
    unknown = RequestRefusedError("step_features", m.ErrorCode.NPU, 99)
    assert "detail 99" in unknown.cause, "firmware that is newer than this host"


def test_firmware_without_an_npu_says_what_to_do() -> None:
    board = SimulatedBoard()
    device = Device(board)
    board.refuse[m.NpuInfoRequest.TYPE] = m.ErrorCode.NO_NPU
    with pytest.raises(RequestRefusedError, match="no_npu") as refused:
        device.npu_info()
    assert "--npu" in refused.value.remedy


def test_firmware_of_before_the_npu_is_a_typed_error() -> None:
    board = SimulatedBoard()
    device = Device(board)
    board.refuse[m.NpuProfileRequest.TYPE] = m.ErrorCode.UNKNOWN_TYPE
    with pytest.raises(RequestRefusedError, match="unknown_type"):
        device.npu_profile()

"""The device client: steps in batches, retries that run nothing twice, typed errors."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from skipstone.tools.device import Device, DeviceError, DeviceTimeoutError, RequestRefusedError
from skipstone.tools.device.link import Link
from skipstone.tools.device.results import pack_gates, unpack_gates
from skipstone.tools.protocol import messages as m

from .simulated_board import BLOCKS, FEATURES, LOGITS, SAMPLES, STATE, TEXT, SimulatedBoard


@pytest.fixture(autouse=True)
def quick_silence(monkeypatch: pytest.MonkeyPatch) -> None:
    """A simulated board answers at once or never: do not wait for it."""
    monkeypatch.setattr(Link.__init__, "__defaults__", (0.001, 4))


def features(steps: int) -> np.ndarray:
    rows = np.zeros((steps, FEATURES), np.int8)
    rows[:, 0] = np.arange(steps) % 128
    return rows


@pytest.mark.parametrize("steps", [1, 2, 22, 23, 300])
def test_steps_come_back_in_order(steps: int) -> None:
    board = SimulatedBoard()
    batch = Device(board).step_features(features(steps))
    assert len(batch) == steps
    assert np.array_equal(batch.tokens, np.arange(steps) % 128)
    assert np.array_equal(batch.instructions, np.arange(steps) % 128 + 1000)
    assert batch.logits.shape == (steps, LOGITS)
    assert batch.gates.shape == (steps, BLOCKS)


@pytest.mark.parametrize("steps", [1, 300])
def test_features_logits_and_states_of_int16(steps: int) -> None:
    """They travel as bytes, little endian, and come back as values."""
    rows = np.random.default_rng(2).integers(-(1 << 15), 1 << 15, (steps, FEATURES)).astype(np.int16)
    rows[:, 0] &= 0x7F
    device = Device(SimulatedBoard(width=2))
    batch = device.step_features(rows)
    assert batch.logits.dtype == np.int16
    assert np.array_equal(batch.logits, rows[:, :LOGITS])
    assert np.array_equal(device.read_state(0), STATE)
    with pytest.raises(DeviceError, match="features are int8"):
        device.step_features(features(1))


def test_several_steps_share_a_message() -> None:
    board = SimulatedBoard()
    device = Device(board)
    before = board.requests
    device.step_features(features(100), logits=False)
    assert board.requests - before <= 5


def test_masks_travel_with_their_steps() -> None:
    masks = np.random.default_rng(0).random((60, BLOCKS)) < 0.5
    device = Device(SimulatedBoard())
    device.set_gates("trace")
    assert np.array_equal(device.step_features(features(60), masks).gates, masks)


def test_pcm_steps_return_features_and_front_end_counts() -> None:
    pcm = np.zeros((7, SAMPLES), np.int16)
    pcm[:, 0] = np.arange(7)
    batch = Device(SimulatedBoard()).step_pcm(pcm.reshape(-1), features=True)
    assert batch.features is not None
    assert batch.features.shape == (7, FEATURES)
    assert np.array_equal(batch.front_end_instructions, np.arange(7) + 1000)


def test_tables_are_read_page_by_page() -> None:
    device = Device(SimulatedBoard())
    assert [block.index for block in device.blocks()] == list(range(BLOCKS))
    assert device.blocks()[3].name == "layer1/ffn"
    assert device.blocks()[0].threshold == -129
    assert np.array_equal(device.read_state(0), STATE)
    assert device.text() == TEXT
    profile = device.profile(clear=True)
    assert np.array_equal(profile.runs, np.arange(BLOCKS))
    assert np.array_equal(profile.block_cycles, 200 * np.arange(BLOCKS))


def test_hello_is_repeated_until_it_is_heard() -> None:
    board = SimulatedBoard(deaf=5)
    assert Device(board, patience=1.0).info.board == "simulated"
    assert board.requests == 6


def test_silence_ends_in_a_typed_error() -> None:
    board = SimulatedBoard(deaf=10**9)
    with pytest.raises(DeviceTimeoutError, match="HELLO") as caught:
        Device(board, patience=0.05)
    assert "skipstone build" in caught.value.remedy
    assert board.closed


@pytest.mark.parametrize("kind", [m.CounterKind.DWT, m.CounterKind.NONE])
@pytest.mark.parametrize("loss", ["request", "reply", "damaged", "doubled"])
def test_a_retry_runs_no_step_twice(loss: str, kind: m.CounterKind) -> None:
    """On a link that loses frames every step is run exactly once and every reply is the right one."""
    board = SimulatedBoard(counter=kind)
    device = Device(board)
    fates = {
        "reply": [[], None],
        "damaged": [["damage"], None],
        "doubled": [["twice"], None],
        "request": [None],
    }
    turn = iter(range(10**6))

    def fate(frame: bytes) -> list[bytes]:
        chosen = fates[loss][next(turn) % len(fates[loss])]
        if chosen == ["damage"]:
            return [frame[:10] + bytes([frame[10] ^ 1 or 2]) + frame[11:]]
        return [frame] if chosen is None else [frame] * 2 if chosen else []

    board.fate = fate
    before = len(board.executed)
    for step in range(20):
        board.deaf = loss == "request"
        batch = device.step_features(features(step + 1)[-1:])
        assert batch.tokens[0] == step
    assert len(board.executed) - before == 20
    assert (device.link.retries == 0) == (loss == "doubled")


def test_a_board_that_falls_silent_is_reported() -> None:
    board = SimulatedBoard()
    device = Device(board)
    board.deaf = 10**9
    with pytest.raises(DeviceTimeoutError, match="does not answer RESET"):
        device.reset()
    with pytest.raises(DeviceTimeoutError, match="does not answer STEP_FEATURES"):
        device.step_features(features(100))


@pytest.mark.parametrize("code", list(m.ErrorCode))
def test_a_refusal_carries_code_detail_and_remedy(code: m.ErrorCode) -> None:
    device = Device(SimulatedBoard(refuse={m.ResetRequest.TYPE: code}))
    with pytest.raises(RequestRefusedError, match=f"RESET: {code.name.lower()}") as caught:
        device.reset()
    assert (caught.value.code, caught.value.detail) == (code, 7)
    assert caught.value.remedy


def test_another_protocol_version_is_refused() -> None:
    board = SimulatedBoard(protocol_version=9)
    with pytest.raises(DeviceError, match="protocol version 9"):
        Device(board)
    assert board.closed


@pytest.mark.parametrize(
    "rows",
    [
        np.zeros((0, FEATURES), np.int8),
        np.zeros((3, FEATURES - 1), np.int8),
        np.zeros(FEATURES, np.int8),
        np.zeros((3, FEATURES), np.float32),
    ],
)
def test_features_of_another_shape_are_refused(rows: np.ndarray) -> None:
    with pytest.raises(DeviceError, match="features"):
        Device(SimulatedBoard()).step_features(rows)


def test_gate_arguments_are_checked() -> None:
    device = Device(SimulatedBoard())
    with pytest.raises(DeviceError, match="no gate source 'some'"):
        device.set_gates("some")
    with pytest.raises(DeviceError, match="mask"):
        device.set_gates("mask")
    with pytest.raises(DeviceError, match="mask"):
        device.set_gates("all", np.ones(BLOCKS, bool))
    with pytest.raises(DeviceError, match="shape"):
        device.set_gates("mask", np.ones(BLOCKS + 1, bool))


@given(st.integers(1, 40).flatmap(lambda count: st.lists(st.booleans(), min_size=count, max_size=count)))
def test_gate_bits_survive_packing(bits: list[bool]) -> None:
    packed = pack_gates(np.array(bits))
    assert len(packed) == (len(bits) + 7) // 8
    assert unpack_gates(packed, len(bits)).tolist() == bits
    assert all(bool(packed[i // 8] >> (i % 8) & 1) == bit for i, bit in enumerate(bits))

"""Every command of the serial application does what the protocol says: host build, hand-made model."""

from __future__ import annotations

import numpy as np
import pytest
from host_app import HostApp
from numpy.typing import NDArray
from skipstone.tools.protocol import messages as m
from skipstone.tools.protocol.frame import Frame, encode_frame
from skipstone.tools.protocol.wire import Payload

BLOCKS, FEATURES, LOGITS, GATE_BYTES = 10, 160, 12, 2


def features(steps: int, seed: int = 0) -> NDArray[np.int8]:
    return np.random.default_rng(seed).integers(-100, 101, (steps, FEATURES)).astype(np.int8)


def step(values: NDArray[np.int8], masks: NDArray[np.uint8] | None = None, flags: int = 1) -> Payload:
    flags |= 0 if masks is None else int(m.StepFlags.MASKS)
    return m.StepFeaturesRequest(len(values), flags, values.shape[1], GATE_BYTES, values, masks)


def bits(packed: NDArray[np.uint8]) -> NDArray[np.bool_]:
    return np.unpackbits(packed, axis=-1, bitorder="little")[..., :BLOCKS].astype(bool)


def pack(gates: NDArray[np.bool_]) -> NDArray[np.uint8]:
    return np.packbits(gates, axis=-1, bitorder="little")


def error(reply: Payload) -> tuple[m.ErrorCode, int]:
    assert isinstance(reply, m.ErrorReply), reply
    return m.ErrorCode(reply.code), reply.detail


def test_hello_names_board_and_model(app: HostApp) -> None:
    reply = app.ask(m.HelloRequest())
    assert isinstance(reply, m.HelloReply)
    assert (reply.board, reply.model, reply.protocol_version) == ("host", "fake", m.PROTOCOL_VERSION)
    assert (reply.feature_count, reply.logit_count, reply.block_count) == (FEATURES, LOGITS, BLOCKS)
    assert reply.gate_bytes == GATE_BYTES
    assert reply.samples_per_step == 0, "this image has no front end"
    assert list(reply.model_sha256[:4]) == [1, 2, 3, 0]


def test_tables_come_in_pages(app: HostApp) -> None:
    blocks = app.ask(m.BlockInfoRequest(8))
    assert isinstance(blocks, m.BlockInfoReply)
    assert (blocks.total, blocks.first, blocks.count) == (BLOCKS, 8, 2)
    assert blocks.names == ("layer4/mha", "layer4/ffn")
    assert list(blocks.kinds) == [m.BlockKind.MHA, m.BlockKind.FFN]
    states = app.ask(m.StateInfoRequest(0))
    assert isinstance(states, m.StateInfoReply)
    assert (states.names, list(states.bytes), list(states.shapes[0])) == (("counts",), [96], [1, 96, 0, 0])


def test_thresholds_cover_the_whole_range(app: HostApp) -> None:
    blocks = app.ask(m.BlockInfoRequest(0))
    assert isinstance(blocks, m.BlockInfoReply)
    assert (blocks.thresholds.min(), blocks.thresholds.max()) == (-129, 127)


def test_steps_return_gates_tokens_logits_and_counts(app: HostApp) -> None:
    values = features(20)
    reply = app.ask(step(values))
    assert isinstance(reply, m.StepFeaturesReply)
    np.testing.assert_array_equal(bits(reply.gates), values[:, :BLOCKS] > 0)
    best = values[:, :LOGITS].argmax(axis=1)
    expected = np.where((best == 0) | (best == np.concatenate([[-1], best[:-1]])), -1, best)
    np.testing.assert_array_equal(reply.tokens, expected)
    np.testing.assert_array_equal(reply.logits.argmax(axis=1), best)
    parts = (values[:, :BLOCKS] > 0).sum(axis=1) + 2
    np.testing.assert_array_equal(reply.instructions, 20 * parts + 10)
    np.testing.assert_array_equal(reply.cycles, 2 * reply.instructions)


@pytest.mark.parametrize(
    ("source", "open_share"), [(m.GateSource.ALL, 1.0), (m.GateSource.NONE, 0.0)], ids=["all", "none"]
)
def test_fixed_gate_sources(app: HostApp, source: m.GateSource, open_share: float) -> None:
    app.ask(m.SetGateSourceRequest(source, 0, np.zeros(0, np.uint8)))
    reply = app.ask(step(features(5)))
    assert isinstance(reply, m.StepFeaturesReply)
    assert bits(reply.gates).mean() == open_share


def test_mask_and_trace_decide_the_gates(app: HostApp) -> None:
    wanted = np.random.default_rng(1).random((6, BLOCKS)) < 0.5
    app.ask(m.SetGateSourceRequest(m.GateSource.MASK, GATE_BYTES, pack(wanted[0])))
    reply = app.ask(step(features(3)))
    assert isinstance(reply, m.StepFeaturesReply)
    np.testing.assert_array_equal(bits(reply.gates), np.tile(wanted[0], (3, 1)))
    app.ask(m.SetGateSourceRequest(m.GateSource.TRACE, 0, np.zeros(0, np.uint8)))
    reply = app.ask(step(features(6), pack(wanted)))
    assert isinstance(reply, m.StepFeaturesReply)
    np.testing.assert_array_equal(bits(reply.gates), wanted)


def test_threshold_offset_shifts_the_gates(app: HostApp) -> None:
    app.ask(m.SetThresholdOffsetRequest(-10))
    values = features(10)
    reply = app.ask(step(values))
    assert isinstance(reply, m.StepFeaturesReply)
    np.testing.assert_array_equal(bits(reply.gates), values[:, :BLOCKS] > 20)


def test_idle_reset_is_a_number_of_steps(app: HostApp) -> None:
    assert isinstance(app.ask(m.SetIdleResetRequest(3, 2)), m.SetIdleResetReply)
    assert isinstance(app.ask(m.SetIdleResetRequest(0, 0)), m.SetIdleResetReply)


def test_profile_sums_runs_and_skips_and_clears(app: HostApp) -> None:
    values = features(12)
    app.ask(step(values))
    runs = (values[:, :BLOCKS] > 0).sum(axis=0)
    reply = app.ask(m.ProfileRequest(m.ProfileFlags.CLEAR, 0))
    assert isinstance(reply, m.ProfileReply)
    assert (reply.steps, reply.count) == (12, BLOCKS)
    np.testing.assert_array_equal(reply.runs, runs)
    np.testing.assert_array_equal(reply.skips, 12 - runs)
    np.testing.assert_array_equal(reply.block_instructions, 10 * runs)
    assert (reply.before_instructions, reply.after_cycles) == (120, 240)
    cleared = app.ask(m.ProfileRequest(0, 4))
    assert isinstance(cleared, m.ProfileReply)
    assert (cleared.steps, cleared.instructions, cleared.count) == (0, 0, BLOCKS - 4)


def test_state_is_read_in_pages_and_reset(app: HostApp) -> None:
    app.ask(step(features(9)))
    reply = app.ask(m.StateReadRequest(0, 0, 4))
    assert isinstance(reply, m.StateReadReply)
    assert (reply.total, reply.length, reply.data[0]) == (96, 4, 9)
    tail = app.ask(m.StateReadRequest(0, 90, 1000))
    assert isinstance(tail, m.StateReadReply)
    assert tail.length == 6
    app.ask(m.ResetRequest())
    reply = app.ask(m.StateReadRequest(0, 0, 4))
    assert isinstance(reply, m.StateReadReply)
    assert not reply.data.any()


def test_text_is_joined_from_tokens(app: HostApp) -> None:
    values = np.full((6, FEATURES), -1, np.int8)
    values[np.arange(6), [1, 2, 3, 4, 5, 7]] = 50
    app.ask(step(values))
    reply = app.ask(m.TextRequest(0))
    assert isinstance(reply, m.TextReply)
    assert reply.text.tobytes() == b"turn on the lights"
    rest = app.ask(m.TextRequest(12))
    assert isinstance(rest, m.TextReply)
    assert rest.text.tobytes() == b"lights"
    app.ask(m.ResetRequest())
    empty = app.ask(m.TextRequest(0))
    assert isinstance(empty, m.TextReply)
    assert (empty.total, empty.length) == (0, 0)


def test_text_memory_fills_up_without_harm(app: HostApp) -> None:
    values = np.full((20, FEATURES), -1, np.int8)
    values[np.arange(20), np.tile([3, 4], 10)] = 50
    for _ in range(30):
        app.ask(step(values, flags=0))
    reply = app.ask(m.TextRequest(0))
    assert isinstance(reply, m.TextReply)
    assert reply.truncated == 1
    assert reply.total <= 2048
    assert reply.text.tobytes() in b"the light " * 400


def test_memory_reports_the_painted_stack(app: HostApp) -> None:
    reply = app.ask(m.MemoryRequest())
    assert isinstance(reply, m.MemoryReply)
    assert (reply.stack_bytes, reply.stack_used) == (4096, 1000)
    assert (reply.arena_bytes, reply.state_bytes, reply.static_bytes) == (64, 96, 20000 - 160)


def test_self_test_passes_and_resets_the_stream(app: HostApp) -> None:
    app.ask(step(features(3)))
    reply = app.ask(m.SelfTestRequest(m.SelfTests.WEIGHTS | m.SelfTests.KERNELS | m.SelfTests.RAM))
    assert isinstance(reply, m.SelfTestReply)
    assert (reply.ran, reply.failed, reply.weight_segments, reply.ram_bytes) == (7, 0, 1, 160)
    state = app.ask(m.StateReadRequest(0, 0, 1))
    assert isinstance(state, m.StateReadReply)
    assert state.data[0] == 0


REFUSED = {
    "no steps": (step(features(0)), m.ErrorCode.BAD_VALUE, 0),
    "unknown flag": (step(features(1), flags=0x40), m.ErrorCode.BAD_VALUE, 1),
    "features of another model": (step(features(1)[:, :80]), m.ErrorCode.BAD_SHAPE, FEATURES),
    "masks without trace": (step(features(1), np.zeros((1, 2), np.uint8)), m.ErrorCode.GATE_SOURCE, 0),
    "unknown gate source": (
        m.SetGateSourceRequest(9, 0, np.zeros(0, np.uint8)),
        m.ErrorCode.BAD_VALUE,
        0,
    ),
    "mask of another length": (
        m.SetGateSourceRequest(m.GateSource.MASK, 3, np.zeros(3, np.uint8)),
        m.ErrorCode.BAD_SHAPE,
        GATE_BYTES,
    ),
    "block past the end": (m.BlockInfoRequest(11), m.ErrorCode.BAD_INDEX, BLOCKS),
    "state past the end": (m.StateReadRequest(1, 0, 1), m.ErrorCode.BAD_INDEX, 1),
    "offset past the state": (m.StateReadRequest(0, 97, 1), m.ErrorCode.BAD_INDEX, 96),
    "offset of 4 GiB": (m.StateReadRequest(0, 0xFFFFFFFF, 0xFFFF), m.ErrorCode.BAD_INDEX, 96),
    "text past the end": (m.TextRequest(1), m.ErrorCode.BAD_INDEX, 0),
    "unknown test": (m.SelfTestRequest(0x10), m.ErrorCode.BAD_VALUE, 0),
    "an NPU that is not there": (m.NpuInfoRequest(), m.ErrorCode.NO_NPU, 0),
    "its profile": (m.NpuProfileRequest(0), m.ErrorCode.NO_NPU, 0),
    "its counts of a step": (step(features(1), flags=int(m.StepFlags.NPU)), m.ErrorCode.NO_NPU, 0),
    "PCM without a front end": (
        m.StepPcmRequest(1, 0, 640, 2, np.zeros((1, 640), np.int16)),
        m.ErrorCode.NO_FRONT_END,
        0,
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused_requests_name_the_reason(app: HostApp, name: str) -> None:
    request, code, detail = REFUSED[name]
    assert error(app.ask(request)) == (code, detail)
    assert isinstance(app.ask(m.HelloRequest()), m.HelloReply)


@pytest.mark.parametrize(
    ("frame", "code", "detail"),
    [
        (Frame(0x55, 1, b""), m.ErrorCode.UNKNOWN_TYPE, 0),
        (Frame(0x81, 1, b""), m.ErrorCode.UNKNOWN_TYPE, 0),
        (Frame(0x01, 1, b"", version=2), m.ErrorCode.BAD_VERSION, m.PROTOCOL_VERSION),
        (Frame(0x01, 1, b"x"), m.ErrorCode.BAD_LENGTH, 1),
        (Frame(0x10, 1, bytes(4096)), m.ErrorCode.BAD_LENGTH, 4096),
    ],
    ids=["unknown type", "a reply's type", "other version", "extra byte", "longest payload"],
)
def test_unusable_frames_are_answered(app: HostApp, frame: Frame, code: int, detail: int) -> None:
    app.send(encode_frame(frame))
    answer = app.receive()
    assert answer.sequence == frame.sequence
    reply = m.ErrorReply.decode(answer.payload)
    assert (reply.request, reply.code, reply.detail) == (frame.type, code, detail)


def test_a_repeated_request_is_answered_again_but_not_executed(app: HostApp) -> None:
    request = encode_frame(Frame(0x10, 77, step(features(1)).encode()))
    app.send(request + request + request)
    replies = [app.receive() for _ in range(3)]
    assert replies[0] == replies[1] == replies[2]
    state = app.ask(m.StateReadRequest(0, 0, 1))
    assert isinstance(state, m.StateReadReply)
    assert state.data[0] == 1
    link = app.ask(m.LinkInfoRequest())
    assert isinstance(link, m.LinkInfoReply)
    assert link.repeats == 2


def test_damaged_frames_are_counted_and_dropped(app: HostApp) -> None:
    good = encode_frame(Frame(0x01, 5, b""))
    app.send(bytes([good[0], good[1] ^ 0x10]) + good[2:])
    app.send(b"\x09abc\0\0\0" + b"\x02a\0" + b"\x01" * 5000 + b"\0")
    reply = app.ask(m.LinkInfoRequest())
    assert isinstance(reply, m.LinkInfoReply)
    assert (reply.crc_errors, reply.framing_errors, reply.oversized, reply.overruns) == (1, 2, 1, 7)


def test_the_longest_frames_pass(app: HostApp) -> None:
    reply = app.ask(step(features(25), flags=0))
    assert isinstance(reply, m.StepFeaturesReply)
    state = app.ask(m.StateReadRequest(0, 0, 0xFFFF))
    assert isinstance(state, m.StateReadReply)
    assert state.length == 96

"""The messages of the serial protocol.

Generated from ``messages.toml`` by ``python -m skipstone.tools.protocol``: do not edit.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum, IntFlag
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray
from skipstone.tools.protocol.wire import Payload, WireField

PROTOCOL_VERSION = 1
MAX_PAYLOAD = 4096


class GateSource(IntEnum):
    """What decides which blocks run."""

    ARBITRATOR = 0
    ALL = 1
    NONE = 2
    MASK = 3
    TRACE = 4


class CounterKind(IntEnum):
    """Where instruction and cycle counts come from."""

    NONE = 0
    VIRTUAL = 1
    DWT = 2
    PMU = 3


class BlockKind(IntEnum):
    """What a block computes."""

    OTHER = 0
    MHA = 1
    FFN = 2


class FaultKind(IntEnum):
    """What a fault was."""

    NONE = 0
    HARD = 1
    MEMORY = 2
    BUS = 3
    USAGE = 4
    SECURE = 5
    INTERRUPT = 6


class NpuError(IntEnum):
    """Why a job of the NPU failed: ss_npu_error."""

    NONE = 0
    ARGUMENT = 1
    ABSENT = 2
    STUCK = 3
    TIMEOUT = 4
    INTERRUPT = 5
    BUS = 6
    COMMAND = 7
    WEIGHTS = 8
    ECC = 9
    INCOMPLETE = 10
    REFUSED = 11


class StepFlags(IntFlag):
    """Options of a batch of steps; the reply repeats them."""

    LOGITS = 0x01
    MASKS = 0x02
    FEATURES = 0x04
    NPU = 0x08


class ProfileFlags(IntFlag):
    """Options of PROFILE."""

    CLEAR = 0x01


class SelfTests(IntFlag):
    """Tests of SELF_TEST."""

    WEIGHTS = 0x01
    KERNELS = 0x02
    RAM = 0x04
    FAULT = 0x80


class ErrorCode(IntEnum):
    """Why a request was refused."""

    BAD_VERSION = 1
    UNKNOWN_TYPE = 2
    BAD_LENGTH = 3
    BAD_VALUE = 4
    BAD_SHAPE = 5
    BAD_INDEX = 6
    TOO_MANY_STEPS = 7
    GATE_SOURCE = 8
    NO_FRONT_END = 9
    MODEL = 10
    FAULT = 11
    NO_GRAMMAR = 12
    NPU = 13
    NO_NPU = 14


@dataclass(frozen=True, eq=False)
class HelloRequest(Payload):
    """Request of HELLO: who is there."""

    NAME: ClassVar[str] = "hello_request"
    TYPE: ClassVar[int] = 0x01
    FIELDS: ClassVar[tuple[WireField, ...]] = ()


@dataclass(frozen=True, eq=False)
class HelloReply(Payload):
    """Reply of HELLO: who is there.

    Args:
        protocol_version: protocol version.
        firmware_major: firmware version.
        firmware_minor: firmware version.
        firmware_patch: firmware version.
        board: board name, as in board.toml.
        core: core, such as cortex-m4.
        clock_hz: core clock (Hz).
        counter: where counts come from.
        model: model name.
        model_sha256: [32] SHA-256 of the .tflite.
        feature_count: features of a step.
        feature_width: bytes of a feature: 1 for int8 and uint8, 2 for int16 (B).
        frames_per_step: 10 ms frames of a step; 0: unknown.
        samples_per_step: PCM samples of a step; 0: no front end.
        logit_count: logits of a step.
        logit_width: bytes of a logit, likewise (B).
        block_count: gated blocks.
        state_count: streaming states.
        token_count: tokens; 0: the model names none, and TEXT is empty.
        gate_bytes: bytes of one step's gate bits: block i is bit i % 8 of byte i / 8 (B).
        blank: token id of the CTC blank.
        max_payload: longest payload the board takes or sends (B).
        faults: processor faults since power-on.
    """

    NAME: ClassVar[str] = "hello_reply"
    TYPE: ClassVar[int] = 0x81
    FIELDS: ClassVar[tuple[WireField, ...]] = (
        WireField("protocol_version", "u8"),
        WireField("firmware_major", "u8"),
        WireField("firmware_minor", "u8"),
        WireField("firmware_patch", "u8"),
        WireField("board", "str32"),
        WireField("core", "str16"),
        WireField("clock_hz", "u32"),
        WireField("counter", "u8"),
        WireField("model", "str32"),
        WireField("model_sha256", "u8", count=32),
        WireField("feature_count", "u16"),
        WireField("feature_width", "u8"),
        WireField("frames_per_step", "u16"),
        WireField("samples_per_step", "u16"),
        WireField("logit_count", "u16"),
        WireField("logit_width", "u8"),
        WireField("block_count", "u16"),
        WireField("state_count", "u16"),
        WireField("token_count", "u16"),
        WireField("gate_bytes", "u8"),
        WireField("blank", "u16"),
        WireField("max_payload", "u16"),
        WireField("faults", "u16"),
    )

    protocol_version: int
    firmware_major: int
    firmware_minor: int
    firmware_patch: int
    board: str
    core: str
    clock_hz: int
    counter: int
    model: str
    model_sha256: NDArray[np.uint8]
    feature_count: int
    feature_width: int
    frames_per_step: int
    samples_per_step: int
    logit_count: int
    logit_width: int
    block_count: int
    state_count: int
    token_count: int
    gate_bytes: int
    blank: int
    max_payload: int
    faults: int


@dataclass(frozen=True, eq=False)
class BlockInfoRequest(Payload):
    """Request of BLOCK_INFO: the block table, in pages; ask again from first + count until total.

    Args:
        first: first block of the page.
    """

    NAME: ClassVar[str] = "block_info_request"
    TYPE: ClassVar[int] = 0x02
    FIELDS: ClassVar[tuple[WireField, ...]] = (WireField("first", "u16"),)

    first: int


@dataclass(frozen=True, eq=False)
class BlockInfoReply(Payload):
    """Reply of BLOCK_INFO: the block table, in pages; ask again from first + count until total.

    Args:
        total: blocks of the model.
        first: first block of the page.
        count: blocks of the page.
        names: [count] block names.
        kinds: [count] block kinds.
        thresholds: [count] gate logit above which the block runs; −129 … 127.
        macs: [count] multiply-accumulates of one execution (MAC).
        weight_bytes: [count] weights in flash (B).
    """

    NAME: ClassVar[str] = "block_info_reply"
    TYPE: ClassVar[int] = 0x82
    FIELDS: ClassVar[tuple[WireField, ...]] = (
        WireField("total", "u16"),
        WireField("first", "u16"),
        WireField("count", "u8"),
        WireField("names", "str32", count=("count",)),
        WireField("kinds", "u8", count=("count",)),
        WireField("thresholds", "i16", count=("count",)),
        WireField("macs", "u32", count=("count",)),
        WireField("weight_bytes", "u32", count=("count",)),
    )

    total: int
    first: int
    count: int
    names: tuple[str, ...]
    kinds: NDArray[np.uint8]
    thresholds: NDArray[np.int16]
    macs: NDArray[np.uint32]
    weight_bytes: NDArray[np.uint32]


@dataclass(frozen=True, eq=False)
class StateInfoRequest(Payload):
    """Request of STATE_INFO: the table of streaming states, in pages like BLOCK_INFO.

    Args:
        first: first state of the page.
    """

    NAME: ClassVar[str] = "state_info_request"
    TYPE: ClassVar[int] = 0x03
    FIELDS: ClassVar[tuple[WireField, ...]] = (WireField("first", "u16"),)

    first: int


@dataclass(frozen=True, eq=False)
class StateInfoReply(Payload):
    """Reply of STATE_INFO: the table of streaming states, in pages like BLOCK_INFO.

    Args:
        total: states of the model.
        first: first state of the page.
        count: states of the page.
        names: [count] variable names (the first 32 bytes).
        bytes: [count] size of the state (B).
        ranks: [count] dimensions of the shape, 1 … 4.
        shapes: [count, 4] four numbers a state, outermost first; those past the rank are 0.
    """

    NAME: ClassVar[str] = "state_info_reply"
    TYPE: ClassVar[int] = 0x83
    FIELDS: ClassVar[tuple[WireField, ...]] = (
        WireField("total", "u16"),
        WireField("first", "u16"),
        WireField("count", "u8"),
        WireField("names", "str32", count=("count",)),
        WireField("bytes", "u32", count=("count",)),
        WireField("ranks", "u8", count=("count",)),
        WireField("shapes", "u16", count=("count",), factor=4),
    )

    total: int
    first: int
    count: int
    names: tuple[str, ...]
    bytes: NDArray[np.uint32]
    ranks: NDArray[np.uint8]
    shapes: NDArray[np.uint16]


@dataclass(frozen=True, eq=False)
class ResetRequest(Payload):
    """Request of RESET: forget the stream."""

    NAME: ClassVar[str] = "reset_request"
    TYPE: ClassVar[int] = 0x04
    FIELDS: ClassVar[tuple[WireField, ...]] = ()


@dataclass(frozen=True, eq=False)
class ResetReply(Payload):
    """Reply of RESET: forget the stream."""

    NAME: ClassVar[str] = "reset_reply"
    TYPE: ClassVar[int] = 0x84
    FIELDS: ClassVar[tuple[WireField, ...]] = ()


@dataclass(frozen=True, eq=False)
class StepFeaturesRequest(Payload):
    """Request of STEP_FEATURES: run steps on features.

    Args:
        steps: steps, at least 1.
        flags: options.
        feature_bytes: features of a step: their number times their width, as in HELLO (B).
        gate_bytes: as in HELLO.
        features: [steps, feature_bytes] features, step after step; int16 in little endian.
        masks: [steps, gate_bytes] gate bits, step after step.
    """

    NAME: ClassVar[str] = "step_features_request"
    TYPE: ClassVar[int] = 0x10
    FIELDS: ClassVar[tuple[WireField, ...]] = (
        WireField("steps", "u8"),
        WireField("flags", "u8"),
        WireField("feature_bytes", "u16"),
        WireField("gate_bytes", "u8"),
        WireField("features", "i8", count=("steps", "feature_bytes")),
        WireField("masks", "u8", count=("steps", "gate_bytes"), when=("flags", 0x02)),
    )

    steps: int
    flags: int
    feature_bytes: int
    gate_bytes: int
    features: NDArray[np.int8]
    masks: NDArray[np.uint8] | None = None


@dataclass(frozen=True, eq=False)
class StepFeaturesReply(Payload):
    """Reply of STEP_FEATURES: run steps on features.

    Args:
        steps: steps that ran.
        flags: options of the request.
        gate_bytes: as in HELLO.
        logit_bytes: logits of a step: their number times their width, as in HELLO (B).
        gates: [steps, gate_bytes] executed blocks, step after step.
        tokens: [steps] token emitted at the step, or −1.
        instructions: [steps] executed instructions of the step (model only).
        cycles: [steps] cycles of the step (model only).
        logits: [steps, logit_bytes] logits, step after step; int16 in little endian.
        npu_jobs: [steps] jobs of the NPU that the step started.
        npu_cycles: [steps] cycles of the NPU in the step.
    """

    NAME: ClassVar[str] = "step_features_reply"
    TYPE: ClassVar[int] = 0x90
    FIELDS: ClassVar[tuple[WireField, ...]] = (
        WireField("steps", "u8"),
        WireField("flags", "u8"),
        WireField("gate_bytes", "u8"),
        WireField("logit_bytes", "u16"),
        WireField("gates", "u8", count=("steps", "gate_bytes")),
        WireField("tokens", "i16", count=("steps",)),
        WireField("instructions", "u32", count=("steps",)),
        WireField("cycles", "u32", count=("steps",)),
        WireField("logits", "i8", count=("steps", "logit_bytes"), when=("flags", 0x01)),
        WireField("npu_jobs", "u16", count=("steps",), when=("flags", 0x08)),
        WireField("npu_cycles", "u32", count=("steps",), when=("flags", 0x08)),
    )

    steps: int
    flags: int
    gate_bytes: int
    logit_bytes: int
    gates: NDArray[np.uint8]
    tokens: NDArray[np.int16]
    instructions: NDArray[np.uint32]
    cycles: NDArray[np.uint32]
    logits: NDArray[np.int8] | None = None
    npu_jobs: NDArray[np.uint16] | None = None
    npu_cycles: NDArray[np.uint32] | None = None


@dataclass(frozen=True, eq=False)
class StepPcmRequest(Payload):
    """Request of STEP_PCM: run steps on 16 kHz mono PCM.

    Args:
        steps: steps, at least 1.
        flags: options.
        samples_per_step: samples of a step, as in HELLO.
        gate_bytes: as in HELLO.
        pcm: [steps, samples_per_step] samples.
        masks: [steps, gate_bytes] gate bits, step after step.
    """

    NAME: ClassVar[str] = "step_pcm_request"
    TYPE: ClassVar[int] = 0x11
    FIELDS: ClassVar[tuple[WireField, ...]] = (
        WireField("steps", "u8"),
        WireField("flags", "u8"),
        WireField("samples_per_step", "u16"),
        WireField("gate_bytes", "u8"),
        WireField("pcm", "i16", count=("steps", "samples_per_step")),
        WireField("masks", "u8", count=("steps", "gate_bytes"), when=("flags", 0x02)),
    )

    steps: int
    flags: int
    samples_per_step: int
    gate_bytes: int
    pcm: NDArray[np.int16]
    masks: NDArray[np.uint8] | None = None


@dataclass(frozen=True, eq=False)
class StepPcmReply(Payload):
    """Reply of STEP_PCM: run steps on 16 kHz mono PCM.

    Args:
        steps: steps that ran.
        flags: options of the request.
        gate_bytes: as in HELLO.
        logit_bytes: logits of a step: their number times their width, as in HELLO (B).
        feature_bytes: features of a step, as in STEP_FEATURES (B).
        gates: [steps, gate_bytes] executed blocks, step after step.
        tokens: [steps] token emitted at the step, or −1.
        instructions: [steps] executed instructions of the step (model only).
        cycles: [steps] cycles of the step (model only).
        front_end_instructions: [steps] executed instructions of the front end.
        front_end_cycles: [steps] cycles of the front end.
        logits: [steps, logit_bytes] logits, step after step; int16 in little endian.
        features: [steps, feature_bytes] computed features, step after step.
        npu_jobs: [steps] jobs of the NPU that the step started.
        npu_cycles: [steps] cycles of the NPU in the step.
    """

    NAME: ClassVar[str] = "step_pcm_reply"
    TYPE: ClassVar[int] = 0x91
    FIELDS: ClassVar[tuple[WireField, ...]] = (
        WireField("steps", "u8"),
        WireField("flags", "u8"),
        WireField("gate_bytes", "u8"),
        WireField("logit_bytes", "u16"),
        WireField("feature_bytes", "u16"),
        WireField("gates", "u8", count=("steps", "gate_bytes")),
        WireField("tokens", "i16", count=("steps",)),
        WireField("instructions", "u32", count=("steps",)),
        WireField("cycles", "u32", count=("steps",)),
        WireField("front_end_instructions", "u32", count=("steps",)),
        WireField("front_end_cycles", "u32", count=("steps",)),
        WireField("logits", "i8", count=("steps", "logit_bytes"), when=("flags", 0x01)),
        WireField("features", "i8", count=("steps", "feature_bytes"), when=("flags", 0x04)),
        WireField("npu_jobs", "u16", count=("steps",), when=("flags", 0x08)),
        WireField("npu_cycles", "u32", count=("steps",), when=("flags", 0x08)),
    )

    steps: int
    flags: int
    gate_bytes: int
    logit_bytes: int
    feature_bytes: int
    gates: NDArray[np.uint8]
    tokens: NDArray[np.int16]
    instructions: NDArray[np.uint32]
    cycles: NDArray[np.uint32]
    front_end_instructions: NDArray[np.uint32]
    front_end_cycles: NDArray[np.uint32]
    logits: NDArray[np.int8] | None = None
    features: NDArray[np.int8] | None = None
    npu_jobs: NDArray[np.uint16] | None = None
    npu_cycles: NDArray[np.uint32] | None = None


@dataclass(frozen=True, eq=False)
class SetGateSourceRequest(Payload):
    """Request of SET_GATE_SOURCE: choose what decides which blocks run; takes effect at the next step.

    Args:
        source: gate source.
        gate_bytes: as in HELLO with source `mask`, otherwise 0.
        mask: [gate_bytes] gate bits.
    """

    NAME: ClassVar[str] = "set_gate_source_request"
    TYPE: ClassVar[int] = 0x20
    FIELDS: ClassVar[tuple[WireField, ...]] = (
        WireField("source", "u8"),
        WireField("gate_bytes", "u8"),
        WireField("mask", "u8", count=("gate_bytes",)),
    )

    source: int
    gate_bytes: int
    mask: NDArray[np.uint8]


@dataclass(frozen=True, eq=False)
class SetGateSourceReply(Payload):
    """Reply of SET_GATE_SOURCE: choose what decides which blocks run; takes effect at the next step."""

    NAME: ClassVar[str] = "set_gate_source_reply"
    TYPE: ClassVar[int] = 0xA0
    FIELDS: ClassVar[tuple[WireField, ...]] = ()


@dataclass(frozen=True, eq=False)
class SetThresholdOffsetRequest(Payload):
    """Request of SET_THRESHOLD_OFFSET: the dial.

    Args:
        offset: more than 0 opens more blocks, less fewer.
    """

    NAME: ClassVar[str] = "set_threshold_offset_request"
    TYPE: ClassVar[int] = 0x21
    FIELDS: ClassVar[tuple[WireField, ...]] = (WireField("offset", "i8"),)

    offset: int


@dataclass(frozen=True, eq=False)
class SetThresholdOffsetReply(Payload):
    """Reply of SET_THRESHOLD_OFFSET: the dial."""

    NAME: ClassVar[str] = "set_threshold_offset_reply"
    TYPE: ClassVar[int] = 0xA1
    FIELDS: ClassVar[tuple[WireField, ...]] = ()


@dataclass(frozen=True, eq=False)
class SetIdleResetRequest(Payload):
    """Request of SET_IDLE_RESET: forget the stream after so many idle steps in a row.

    Args:
        steps: 0, as after start: never.
        blocks: a step is idle in which at most so many blocks ran.
    """

    NAME: ClassVar[str] = "set_idle_reset_request"
    TYPE: ClassVar[int] = 0x22
    FIELDS: ClassVar[tuple[WireField, ...]] = (
        WireField("steps", "u16"),
        WireField("blocks", "u16"),
    )

    steps: int
    blocks: int


@dataclass(frozen=True, eq=False)
class SetIdleResetReply(Payload):
    """Reply of SET_IDLE_RESET: forget the stream after so many idle steps in a row."""

    NAME: ClassVar[str] = "set_idle_reset_reply"
    TYPE: ClassVar[int] = 0xA2
    FIELDS: ClassVar[tuple[WireField, ...]] = ()


@dataclass(frozen=True, eq=False)
class ProfileRequest(Payload):
    """Request of PROFILE: sums since start or since they were cleared; blocks in pages like BLOCK_INFO.

    Args:
        flags: options.
        first: first block of the page.
    """

    NAME: ClassVar[str] = "profile_request"
    TYPE: ClassVar[int] = 0x30
    FIELDS: ClassVar[tuple[WireField, ...]] = (
        WireField("flags", "u8"),
        WireField("first", "u16"),
    )

    flags: int
    first: int


@dataclass(frozen=True, eq=False)
class ProfileReply(Payload):
    """Reply of PROFILE: sums since start or since they were cleared; blocks in pages like BLOCK_INFO.

    Args:
        steps: steps.
        instructions: instructions of the model, all parts.
        cycles: cycles of the model, all parts.
        front_end_instructions: instructions of the front end.
        front_end_cycles: cycles of the front end.
        before_instructions: fixed part before the blocks (projection, convolution, arbitrators).
        before_cycles: fixed part before the blocks.
        after_instructions: fixed part after the blocks (head).
        after_cycles: fixed part after the blocks.
        total: blocks of the model.
        first: first block of the page.
        count: blocks of the page.
        runs: [count] steps that executed the block.
        skips: [count] steps that skipped the block.
        block_instructions: [count] instructions of the block.
        block_cycles: [count] cycles of the block.
    """

    NAME: ClassVar[str] = "profile_reply"
    TYPE: ClassVar[int] = 0xB0
    FIELDS: ClassVar[tuple[WireField, ...]] = (
        WireField("steps", "u32"),
        WireField("instructions", "u64"),
        WireField("cycles", "u64"),
        WireField("front_end_instructions", "u64"),
        WireField("front_end_cycles", "u64"),
        WireField("before_instructions", "u64"),
        WireField("before_cycles", "u64"),
        WireField("after_instructions", "u64"),
        WireField("after_cycles", "u64"),
        WireField("total", "u16"),
        WireField("first", "u16"),
        WireField("count", "u8"),
        WireField("runs", "u32", count=("count",)),
        WireField("skips", "u32", count=("count",)),
        WireField("block_instructions", "u64", count=("count",)),
        WireField("block_cycles", "u64", count=("count",)),
    )

    steps: int
    instructions: int
    cycles: int
    front_end_instructions: int
    front_end_cycles: int
    before_instructions: int
    before_cycles: int
    after_instructions: int
    after_cycles: int
    total: int
    first: int
    count: int
    runs: NDArray[np.uint32]
    skips: NDArray[np.uint32]
    block_instructions: NDArray[np.uint64]
    block_cycles: NDArray[np.uint64]


@dataclass(frozen=True, eq=False)
class MemoryRequest(Payload):
    """Request of MEMORY: where the memory went."""

    NAME: ClassVar[str] = "memory_request"
    TYPE: ClassVar[int] = 0x31
    FIELDS: ClassVar[tuple[WireField, ...]] = ()


@dataclass(frozen=True, eq=False)
class MemoryReply(Payload):
    """Reply of MEMORY: where the memory went.

    Args:
        stack_bytes: size of the stack (B).
        stack_used: high-water mark, by painting at start (B).
        arena_bytes: scratch of one step (B).
        state_bytes: streaming state (B).
        static_bytes: all other static data: buffers of the link, counters (B).
        flash_bytes: image: vectors, code, constants, initial values (B).
        weight_bytes: part of the image that is the model's constants (B).
    """

    NAME: ClassVar[str] = "memory_reply"
    TYPE: ClassVar[int] = 0xB1
    FIELDS: ClassVar[tuple[WireField, ...]] = (
        WireField("stack_bytes", "u32"),
        WireField("stack_used", "u32"),
        WireField("arena_bytes", "u32"),
        WireField("state_bytes", "u32"),
        WireField("static_bytes", "u32"),
        WireField("flash_bytes", "u32"),
        WireField("weight_bytes", "u32"),
    )

    stack_bytes: int
    stack_used: int
    arena_bytes: int
    state_bytes: int
    static_bytes: int
    flash_bytes: int
    weight_bytes: int


@dataclass(frozen=True, eq=False)
class LinkInfoRequest(Payload):
    """Request of LINK_INFO: what the link has seen since start."""

    NAME: ClassVar[str] = "link_info_request"
    TYPE: ClassVar[int] = 0x32
    FIELDS: ClassVar[tuple[WireField, ...]] = ()


@dataclass(frozen=True, eq=False)
class LinkInfoReply(Payload):
    """Reply of LINK_INFO: what the link has seen since start.

    Args:
        frames: whole frames received.
        repeats: requests that repeated the one before and were answered from memory.
        crc_errors: frames with a wrong CRC-32.
        framing_errors: frames that are no COBS, or too short for a header.
        oversized: frames longer than max_payload allows.
        overruns: bytes lost in the UART.
        errors_sent: ERROR replies.
    """

    NAME: ClassVar[str] = "link_info_reply"
    TYPE: ClassVar[int] = 0xB2
    FIELDS: ClassVar[tuple[WireField, ...]] = (
        WireField("frames", "u32"),
        WireField("repeats", "u32"),
        WireField("crc_errors", "u32"),
        WireField("framing_errors", "u32"),
        WireField("oversized", "u32"),
        WireField("overruns", "u32"),
        WireField("errors_sent", "u32"),
    )

    frames: int
    repeats: int
    crc_errors: int
    framing_errors: int
    oversized: int
    overruns: int
    errors_sent: int


@dataclass(frozen=True, eq=False)
class FaultInfoRequest(Payload):
    """Request of FAULT_INFO: the last processor fault."""

    NAME: ClassVar[str] = "fault_info_request"
    TYPE: ClassVar[int] = 0x33
    FIELDS: ClassVar[tuple[WireField, ...]] = ()


@dataclass(frozen=True, eq=False)
class FaultInfoReply(Payload):
    """Reply of FAULT_INFO: the last processor fault.

    Args:
        count: faults since power-on.
        kind: what it was.
        exception: exception number (IPSR).
        pc: program counter; 0: unknown, the stack was lost.
        lr: link register; 0: unknown.
        cfsr: Configurable Fault Status Register.
        hfsr: HardFault Status Register.
        address: BFAR or MMFAR where CFSR says it is valid, otherwise 0.
    """

    NAME: ClassVar[str] = "fault_info_reply"
    TYPE: ClassVar[int] = 0xB3
    FIELDS: ClassVar[tuple[WireField, ...]] = (
        WireField("count", "u16"),
        WireField("kind", "u8"),
        WireField("exception", "u16"),
        WireField("pc", "u32"),
        WireField("lr", "u32"),
        WireField("cfsr", "u32"),
        WireField("hfsr", "u32"),
        WireField("address", "u32"),
    )

    count: int
    kind: int
    exception: int
    pc: int
    lr: int
    cfsr: int
    hfsr: int
    address: int


@dataclass(frozen=True, eq=False)
class SelfTestRequest(Payload):
    """Request of SELF_TEST: test the device in place.

    Args:
        tests: tests to run.
    """

    NAME: ClassVar[str] = "self_test_request"
    TYPE: ClassVar[int] = 0x34
    FIELDS: ClassVar[tuple[WireField, ...]] = (WireField("tests", "u8"),)

    tests: int


@dataclass(frozen=True, eq=False)
class SelfTestReply(Payload):
    """Reply of SELF_TEST: test the device in place.

    Args:
        ran: tests that ran.
        failed: tests that failed.
        weight_segments: constant arrays checked.
        failed_segment: index of the first that differs, or 65535.
        known_answer_steps: steps streamed by the test `kernels`; 0: the model stores none.
        ram_bytes: bytes tested (B).
    """

    NAME: ClassVar[str] = "self_test_reply"
    TYPE: ClassVar[int] = 0xB4
    FIELDS: ClassVar[tuple[WireField, ...]] = (
        WireField("ran", "u8"),
        WireField("failed", "u8"),
        WireField("weight_segments", "u16"),
        WireField("failed_segment", "u16"),
        WireField("known_answer_steps", "u16"),
        WireField("ram_bytes", "u32"),
    )

    ran: int
    failed: int
    weight_segments: int
    failed_segment: int
    known_answer_steps: int
    ram_bytes: int


@dataclass(frozen=True, eq=False)
class NpuInfoRequest(Payload):
    """Request of NPU_INFO: the NPU and the job that failed last."""

    NAME: ClassVar[str] = "npu_info_request"
    TYPE: ClassVar[int] = 0x35
    FIELDS: ClassVar[tuple[WireField, ...]] = ()


@dataclass(frozen=True, eq=False)
class NpuInfoReply(Payload):
    """Reply of NPU_INFO: the NPU and the job that failed last.

    Args:
        macs: multiply-accumulates a cycle.
        jobs: jobs started since start.
        cycles: cycles from the start of each job to its end, since start.
        error: what ended the job that failed since RESET.
        job: its number, from 1.
        status: STATUS register when it failed.
        queue_offset: how far the command stream was read (QREAD) (B).
        interface: AXI port of a bus or ECC error.
        channel: its channel: 0 commands, 1 IFM, 2 weights, 3 scale and bias, 4 DMA read, 8 OFM, 9 DMA write.
    """

    NAME: ClassVar[str] = "npu_info_reply"
    TYPE: ClassVar[int] = 0xB5
    FIELDS: ClassVar[tuple[WireField, ...]] = (
        WireField("macs", "u16"),
        WireField("jobs", "u32"),
        WireField("cycles", "u64"),
        WireField("error", "u8"),
        WireField("job", "u32"),
        WireField("status", "u32"),
        WireField("queue_offset", "u32"),
        WireField("interface", "u8"),
        WireField("channel", "u8"),
    )

    macs: int
    jobs: int
    cycles: int
    error: int
    job: int
    status: int
    queue_offset: int
    interface: int
    channel: int


@dataclass(frozen=True, eq=False)
class NpuProfileRequest(Payload):
    """Request of NPU_PROFILE: jobs and cycles of the NPU since the sums were cleared; blocks in pages.

    Args:
        first: first block of the page.
    """

    NAME: ClassVar[str] = "npu_profile_request"
    TYPE: ClassVar[int] = 0x36
    FIELDS: ClassVar[tuple[WireField, ...]] = (WireField("first", "u16"),)

    first: int


@dataclass(frozen=True, eq=False)
class NpuProfileReply(Payload):
    """Reply of NPU_PROFILE: jobs and cycles of the NPU since the sums were cleared; blocks in pages.

    Args:
        steps: steps.
        jobs: jobs started, all parts.
        cycles: cycles of the NPU, all parts.
        before_jobs: fixed part before the blocks.
        before_cycles: fixed part before the blocks.
        after_jobs: fixed part after the blocks.
        after_cycles: fixed part after the blocks.
        total: blocks of the model.
        first: first block of the page.
        count: blocks of the page.
        block_jobs: [count] jobs of the block.
        block_cycles: [count] cycles of the NPU in the block.
    """

    NAME: ClassVar[str] = "npu_profile_reply"
    TYPE: ClassVar[int] = 0xB6
    FIELDS: ClassVar[tuple[WireField, ...]] = (
        WireField("steps", "u32"),
        WireField("jobs", "u32"),
        WireField("cycles", "u64"),
        WireField("before_jobs", "u32"),
        WireField("before_cycles", "u64"),
        WireField("after_jobs", "u32"),
        WireField("after_cycles", "u64"),
        WireField("total", "u16"),
        WireField("first", "u16"),
        WireField("count", "u8"),
        WireField("block_jobs", "u32", count=("count",)),
        WireField("block_cycles", "u64", count=("count",)),
    )

    steps: int
    jobs: int
    cycles: int
    before_jobs: int
    before_cycles: int
    after_jobs: int
    after_cycles: int
    total: int
    first: int
    count: int
    block_jobs: NDArray[np.uint32]
    block_cycles: NDArray[np.uint64]


@dataclass(frozen=True, eq=False)
class StateReadRequest(Payload):
    """Request of STATE_READ: read a streaming state in logical order (oldest row first), in pages.

    Args:
        state: index of the state.
        offset: first byte (B).
        length: bytes wanted; fewer come at the end of the state or of the payload (B).
    """

    NAME: ClassVar[str] = "state_read_request"
    TYPE: ClassVar[int] = 0x40
    FIELDS: ClassVar[tuple[WireField, ...]] = (
        WireField("state", "u16"),
        WireField("offset", "u32"),
        WireField("length", "u16"),
    )

    state: int
    offset: int
    length: int


@dataclass(frozen=True, eq=False)
class StateReadReply(Payload):
    """Reply of STATE_READ: read a streaming state in logical order (oldest row first), in pages.

    Args:
        state: index of the state.
        offset: first byte (B).
        total: size of the state (B).
        length: bytes that follow (B).
        data: [length] the state.
    """

    NAME: ClassVar[str] = "state_read_reply"
    TYPE: ClassVar[int] = 0xC0
    FIELDS: ClassVar[tuple[WireField, ...]] = (
        WireField("state", "u16"),
        WireField("offset", "u32"),
        WireField("total", "u32"),
        WireField("length", "u16"),
        WireField("data", "i8", count=("length",)),
    )

    state: int
    offset: int
    total: int
    length: int
    data: NDArray[np.int8]


@dataclass(frozen=True, eq=False)
class TextRequest(Payload):
    """Request of TEXT: the text recognised since RESET, in pages.

    Args:
        offset: first byte (B).
    """

    NAME: ClassVar[str] = "text_request"
    TYPE: ClassVar[int] = 0x41
    FIELDS: ClassVar[tuple[WireField, ...]] = (WireField("offset", "u16"),)

    offset: int


@dataclass(frozen=True, eq=False)
class TextReply(Payload):
    """Reply of TEXT: the text recognised since RESET, in pages.

    Args:
        total: length of the text (B).
        offset: first byte (B).
        truncated: 1: the board's text memory is full and later tokens are missing.
        length: bytes that follow (B).
        text: [length] UTF-8; a page may end inside a character.
    """

    NAME: ClassVar[str] = "text_reply"
    TYPE: ClassVar[int] = 0xC1
    FIELDS: ClassVar[tuple[WireField, ...]] = (
        WireField("total", "u16"),
        WireField("offset", "u16"),
        WireField("truncated", "u8"),
        WireField("length", "u16"),
        WireField("text", "u8", count=("length",)),
    )

    total: int
    offset: int
    truncated: int
    length: int
    text: NDArray[np.uint8]


@dataclass(frozen=True, eq=False)
class IntentRequest(Payload):
    """Request of INTENT: the command recognised since RESET."""

    NAME: ClassVar[str] = "intent_request"
    TYPE: ClassVar[int] = 0x42
    FIELDS: ClassVar[tuple[WireField, ...]] = ()


@dataclass(frozen=True, eq=False)
class IntentReply(Payload):
    """Reply of INTENT: the command recognised since RESET.

    Args:
        is_command: 1: a command of the grammar; 0: none, and there is no slot.
        intent: name of the intent, or empty.
        score: of the best path, in logit steps below the best token of each step; −536870912: none has ended.
        steps: steps since RESET.
        instructions: instructions of the decoder, all steps since RESET.
        cycles: cycles of the decoder, all steps since RESET.
        count: slots with a value, in the order of the grammar.
        slots: [count] names.
        values: [count] values.
    """

    NAME: ClassVar[str] = "intent_reply"
    TYPE: ClassVar[int] = 0xC2
    FIELDS: ClassVar[tuple[WireField, ...]] = (
        WireField("is_command", "u8"),
        WireField("intent", "str32"),
        WireField("score", "i32"),
        WireField("steps", "u32"),
        WireField("instructions", "u64"),
        WireField("cycles", "u64"),
        WireField("count", "u8"),
        WireField("slots", "str32", count=("count",)),
        WireField("values", "str64", count=("count",)),
    )

    is_command: int
    intent: str
    score: int
    steps: int
    instructions: int
    cycles: int
    count: int
    slots: tuple[str, ...]
    values: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class ErrorReply(Payload):
    """Reply of ERROR: why a request was refused.

    Args:
        request: type of the request.
        code: reason.
        detail: see the code.
    """

    NAME: ClassVar[str] = "error_reply"
    TYPE: ClassVar[int] = 0xFF
    FIELDS: ClassVar[tuple[WireField, ...]] = (
        WireField("request", "u8"),
        WireField("code", "u8"),
        WireField("detail", "u32"),
    )

    request: int
    code: int
    detail: int


REQUESTS: dict[int, type[Payload]] = {
    0x01: HelloRequest,
    0x02: BlockInfoRequest,
    0x03: StateInfoRequest,
    0x04: ResetRequest,
    0x10: StepFeaturesRequest,
    0x11: StepPcmRequest,
    0x20: SetGateSourceRequest,
    0x21: SetThresholdOffsetRequest,
    0x22: SetIdleResetRequest,
    0x30: ProfileRequest,
    0x31: MemoryRequest,
    0x32: LinkInfoRequest,
    0x33: FaultInfoRequest,
    0x34: SelfTestRequest,
    0x35: NpuInfoRequest,
    0x36: NpuProfileRequest,
    0x40: StateReadRequest,
    0x41: TextRequest,
    0x42: IntentRequest,
}

REPLIES: dict[int, type[Payload]] = {
    0x81: HelloReply,
    0x82: BlockInfoReply,
    0x83: StateInfoReply,
    0x84: ResetReply,
    0x90: StepFeaturesReply,
    0x91: StepPcmReply,
    0xA0: SetGateSourceReply,
    0xA1: SetThresholdOffsetReply,
    0xA2: SetIdleResetReply,
    0xB0: ProfileReply,
    0xB1: MemoryReply,
    0xB2: LinkInfoReply,
    0xB3: FaultInfoReply,
    0xB4: SelfTestReply,
    0xB5: NpuInfoReply,
    0xB6: NpuProfileReply,
    0xC0: StateReadReply,
    0xC1: TextReply,
    0xC2: IntentReply,
    0xFF: ErrorReply,
}

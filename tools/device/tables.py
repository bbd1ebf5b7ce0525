"""Reading of tables that come in pages."""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray
from skipstone.tools.device.errors import DeviceError
from skipstone.tools.device.link import Link
from skipstone.tools.device.results import (
    BlockInfo,
    DeviceInfo,
    IntentReading,
    NpuProfile,
    Profile,
    StateInfo,
)
from skipstone.tools.protocol import messages as m

STATE_PAGE_BYTES = 2048


def device_info(reply: m.HelloReply) -> DeviceInfo:
    """The record of a HELLO reply.

    Raises:
        DeviceError: the board speaks another version of the protocol.
    """
    if reply.protocol_version != m.PROTOCOL_VERSION:
        raise DeviceError(
            f"the board speaks protocol version {reply.protocol_version}, this host {m.PROTOCOL_VERSION}",
            "build and flash the firmware with this version of Skipstone",
        )
    return DeviceInfo(
        board=reply.board,
        core=reply.core,
        clock_hz=reply.clock_hz,
        counter=m.CounterKind(reply.counter),
        firmware=f"{reply.firmware_major}.{reply.firmware_minor}.{reply.firmware_patch}",
        model=reply.model,
        model_sha256=reply.model_sha256.tobytes().hex(),
        feature_count=reply.feature_count,
        feature_width=reply.feature_width,
        frames_per_step=reply.frames_per_step,
        samples_per_step=reply.samples_per_step,
        logit_count=reply.logit_count,
        logit_width=reply.logit_width,
        block_count=reply.block_count,
        state_count=reply.state_count,
        blank=reply.blank,
        gate_bytes=reply.gate_bytes,
        max_payload=reply.max_payload,
        faults=reply.faults,
    )


def _advance(first: int, count: int, total: int, what: str) -> int:
    if count == 0 and first < total:
        raise DeviceError(
            f"the board sends an empty page of {what} at {first} of {total}", "flash matching firmware"
        )
    return first + count


def read_blocks(link: Link) -> list[BlockInfo]:
    """The block table."""
    blocks: list[BlockInfo] = []
    first, total = 0, 1
    while first < total:
        page = link.request(m.BlockInfoRequest(first), m.BlockInfoReply)
        total = page.total
        for row in range(page.count):
            kind = m.BlockKind(int(page.kinds[row])).name.lower()
            values = (int(page.thresholds[row]), int(page.macs[row]), int(page.weight_bytes[row]))
            blocks.append(BlockInfo(first + row, page.names[row], kind, *values))
        first = _advance(first, page.count, total, "blocks")
    return blocks


def read_states(link: Link) -> list[StateInfo]:
    """The table of streaming states."""
    states: list[StateInfo] = []
    first, total = 0, 1
    while first < total:
        page = link.request(m.StateInfoRequest(first), m.StateInfoReply)
        total = page.total
        for row in range(page.count):
            shape = tuple(int(n) for n in page.shapes[row][: int(page.ranks[row])])
            states.append(StateInfo(first + row, page.names[row], shape, int(page.bytes[row])))
        first = _advance(first, page.count, total, "states")
    return states


def read_state(link: Link, index: int) -> NDArray[np.signedinteger[Any]]:
    """One state, in the shape of the state table; int16 where the state has two bytes an element."""
    parts: list[NDArray[np.int8]] = []
    offset, total = 0, 1
    while offset < total:
        page = link.request(m.StateReadRequest(index, offset, STATE_PAGE_BYTES), m.StateReadReply)
        total = page.total
        parts.append(page.data)
        offset = _advance(offset, page.length, total, "state bytes")
    shape = next(state.shape for state in read_states(link) if state.index == index)
    values = np.concatenate(parts)
    return values.view("<i2" if values.size == 2 * prod(shape) else np.int8).reshape(shape)


def read_profile(link: Link, clear: bool) -> Profile:
    """The sums of every block; cleared with the last page if ``clear``."""
    pages = [link.request(m.ProfileRequest(0, 0), m.ProfileReply)]
    while (first := pages[-1].first + pages[-1].count) < pages[-1].total:
        _advance(first, pages[-1].count, pages[-1].total, "blocks")
        pages.append(link.request(m.ProfileRequest(0, first), m.ProfileReply))
    if clear:
        link.request(m.ProfileRequest(int(m.ProfileFlags.CLEAR), pages[-1].first), m.ProfileReply)
    head = pages[0]
    return Profile(
        head.steps,
        head.instructions,
        head.cycles,
        head.front_end_instructions,
        head.front_end_cycles,
        head.before_instructions,
        head.before_cycles,
        head.after_instructions,
        head.after_cycles,
        np.concatenate([page.runs for page in pages]),
        np.concatenate([page.skips for page in pages]),
        np.concatenate([page.block_instructions for page in pages]),
        np.concatenate([page.block_cycles for page in pages]),
    )


def read_npu_profile(link: Link) -> NpuProfile:
    """What the NPU did, every block."""
    pages = [link.request(m.NpuProfileRequest(0), m.NpuProfileReply)]
    while (first := pages[-1].first + pages[-1].count) < pages[-1].total:
        _advance(first, pages[-1].count, pages[-1].total, "blocks")
        pages.append(link.request(m.NpuProfileRequest(first), m.NpuProfileReply))
    head = pages[0]
    return NpuProfile(
        head.steps,
        head.jobs,
        head.cycles,
        head.before_jobs,
        head.before_cycles,
        head.after_jobs,
        head.after_cycles,
        np.concatenate([page.block_jobs for page in pages]),
        np.concatenate([page.block_cycles for page in pages]),
    )


def read_intent(link: Link) -> IntentReading:
    """The command recognised since the last reset."""
    reply = link.request(m.IntentRequest(), m.IntentReply)
    return IntentReading(
        reply.intent if reply.is_command else None,
        dict(zip(reply.slots, reply.values, strict=True)),
        reply.score,
        reply.steps,
        reply.instructions,
        reply.cycles,
    )


def read_text(link: Link) -> str:
    """Text recognised since the last reset."""
    parts = []
    offset, total = 0, 1
    while offset < total:
        page = link.request(m.TextRequest(offset), m.TextReply)
        total = page.total
        parts.append(page.text.tobytes())
        offset = _advance(offset, page.length, total, "text")
    return b"".join(parts).decode(errors="replace")

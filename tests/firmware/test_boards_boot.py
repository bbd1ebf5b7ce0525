"""The firmware boots on every virtual board, answers, drops damage and comes back after a processor fault."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from host_app import FAKE_MODEL
from qemu_board import QemuBoard
from skipstone.firmware.codegen.boards import Board, board_names, load_board
from skipstone.tools.build.firmware import build_firmware
from skipstone.tools.protocol import messages as m
from skipstone.tools.protocol.frame import Frame, encode_frame

VIRTUAL_BOARDS = [name for name in board_names() if load_board(name).virtual is not None]
STACK_OVERFLOW_FEATURE = 127


@pytest.fixture(scope="module", params=VIRTUAL_BOARDS)
def image(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Board, Path]:
    board = load_board(request.param)
    elf = tmp_path_factory.mktemp(board.name) / "firmware.elf"
    return board, build_firmware(FAKE_MODEL, board, elf).elf


@pytest.fixture
def running(image: tuple[Board, Path]) -> Iterator[QemuBoard]:
    with QemuBoard(*image) as board:
        yield board


def step(values: np.ndarray) -> m.StepFeaturesRequest:
    return m.StepFeaturesRequest(len(values), 1, 160, 2, values, None)


def test_it_boots_answers_and_steps(image: tuple[Board, Path], running: QemuBoard) -> None:
    board = image[0]
    hello = running.ask(m.HelloRequest())
    assert isinstance(hello, m.HelloReply)
    assert (hello.board, hello.core, hello.clock_hz) == (board.name, board.core, board.clock_hz)
    values = np.random.default_rng(0).integers(-100, 100, (20, 160)).astype(np.int8)
    reply = running.ask(step(values))
    assert isinstance(reply, m.StepFeaturesReply)
    gates = np.unpackbits(reply.gates, axis=1, bitorder="little")[:, :10].astype(bool)
    np.testing.assert_array_equal(gates, values[:, :10] > 0)
    np.testing.assert_array_equal(reply.logits.argmax(axis=1), values[:, :12].argmax(axis=1))


def test_memory_report_fits_the_board(image: tuple[Board, Path], running: QemuBoard) -> None:
    board = image[0]
    memory = running.ask(m.MemoryRequest())
    assert isinstance(memory, m.MemoryReply)
    assert memory.stack_bytes == board.stack_bytes
    assert 64 < memory.stack_used < board.stack_bytes // 2
    assert memory.flash_bytes < board.flash_bytes
    assert memory.stack_bytes + memory.static_bytes < board.ram_bytes


def test_self_test_passes(running: QemuBoard) -> None:
    reply = running.ask(m.SelfTestRequest(m.SelfTests.WEIGHTS | m.SelfTests.KERNELS | m.SelfTests.RAM))
    assert isinstance(reply, m.SelfTestReply)
    assert (reply.failed, reply.weight_segments) == (0, 1)


def test_damaged_and_oversized_frames_do_not_stop_it(running: QemuBoard) -> None:
    good = encode_frame(Frame(m.HelloRequest.TYPE, 9, b""))
    running.send(bytes(range(1, 256)) * 40 + b"\0" + b"\x05ab\0" + good[:-3] + b"\x01\x01\0" + b"\0\0")
    link = running.ask(m.LinkInfoRequest())
    assert isinstance(link, m.LinkInfoReply)
    assert (link.oversized, link.framing_errors + link.crc_errors, link.overruns) == (1, 2, 0)


def test_an_undefined_instruction_is_reported_and_survived(running: QemuBoard) -> None:
    for count in range(1, 7):
        reply = running.ask(m.SelfTestRequest(m.SelfTests.FAULT))
        assert isinstance(reply, m.ErrorReply)
        assert (reply.code, reply.detail) == (m.ErrorCode.FAULT, m.FaultKind.USAGE)
        fault = running.ask(m.FaultInfoRequest())
        assert isinstance(fault, m.FaultInfoReply)
        assert (fault.count, fault.kind) == (count, m.FaultKind.USAGE)
        assert fault.pc != 0 and fault.cfsr & 0x10000, "UNDEFINSTR"
    assert isinstance(running.ask(step(np.zeros((1, 160), np.int8))), m.StepFeaturesReply)


def test_a_stack_overflow_is_reported_and_survived(image: tuple[Board, Path], running: QemuBoard) -> None:
    values = np.zeros((1, 160), np.int8)
    values[0, 159] = STACK_OVERFLOW_FEATURE
    reply = running.ask(step(values))
    assert isinstance(reply, m.ErrorReply)
    assert reply.code == m.ErrorCode.FAULT
    limit_register = image[0].core in ("cortex-m33", "cortex-m55")
    assert reply.detail == (m.FaultKind.USAGE if limit_register else m.FaultKind.MEMORY)
    assert isinstance(running.ask(step(np.zeros((1, 160), np.int8))), m.StepFeaturesReply)


def test_long_input_is_not_lost_while_the_board_is_busy(running: QemuBoard) -> None:
    values = np.ones((25, 160), np.int8)
    for sequence in range(100, 112):
        request = m.StepFeaturesRequest(25, 0, 160, 2, values, None)
        running.send(encode_frame(Frame(request.TYPE, sequence, request.encode())))
    assert [running.receive().sequence for _ in range(12)] == list(range(100, 112))

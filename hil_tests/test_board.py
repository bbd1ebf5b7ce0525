"""What the board says of itself is true, and its tests of itself pass."""

from __future__ import annotations

import time
from hashlib import sha256

import numpy as np
import pytest
from numpy.typing import NDArray
from skipstone.firmware.codegen.boards import Board
from skipstone.quantize.tflite.metadata import read_skip_table
from skipstone.quantize.tflite.reader import read_model
from skipstone.tools.device import Device
from skipstone.tools.protocol.messages import SelfTests

THROUGHPUT_STEPS = 200
SLOWEST_STEPS_PER_SECOND = 5


def test_hello_names_board_and_model(board: Board, device: Device, model_bytes: bytes) -> None:
    info = device.hello()
    assert (info.board, info.core) == (board.name, board.core)
    assert info.model_sha256 == sha256(model_bytes).hexdigest()
    assert info.faults == 0


def test_the_block_table_is_the_skip_table(device: Device, model_bytes: bytes) -> None:
    table = read_skip_table(read_model(model_bytes))
    if table is None:
        pytest.skip("the model has no SKIP_TABLE")
    assert [(block.name, block.threshold, block.macs) for block in device.blocks()] == [
        (block.name[:32], block.threshold, block.macs) for block in table.blocks
    ]


def test_self_tests_pass(device: Device) -> None:
    result = device.self_test()
    assert result.ran == SelfTests.WEIGHTS | SelfTests.KERNELS | SelfTests.RAM
    assert result.failed == 0
    assert result.weight_segments > 0
    assert result.ram_bytes > 0


def test_memory_is_within_the_board(board: Board, device: Device, features: NDArray[np.int8]) -> None:
    """After a stream with all gates open the stack has room left."""
    device.set_gates("all")
    device.step_features(features[:50], logits=False)
    memory = device.memory()
    assert 0 < memory.stack_used <= memory.stack_bytes * 3 // 4
    assert memory.flash_bytes <= sum(region.length for region in board.memory.values())
    assert (
        memory.arena_bytes + memory.state_bytes + memory.static_bytes + memory.stack_bytes <= board.ram_bytes
    )


def test_no_byte_was_lost_and_no_fault_happened(device: Device) -> None:
    assert device.link_info().overruns == 0
    assert device.hello().faults == 0


def test_the_link_does_not_stall(device: Device, features: NDArray[np.int8]) -> None:
    """A floor far below what `benchmarks/serial_link.py` measures: speed itself is no matter of tests."""
    device.reset()
    begin = time.perf_counter()
    device.step_features(features[:THROUGHPUT_STEPS], logits=False)
    assert THROUGHPUT_STEPS / (time.perf_counter() - begin) > SLOWEST_STEPS_PER_SECOND

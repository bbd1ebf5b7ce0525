"""Tiles, pooling, upscaling, tables and DMA, from streams written by hand."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from npu_assembler import REGION, FeatureMap, Stream
from numpy.typing import NDArray
from skipstone.tools.virtual.npu.errors import NpuFaultError
from skipstone.tools.virtual.npu.model import execute

SIZE = 0x8000
OUT = 0x2000
POOLS = {"max": 0, "average": 1, "sum": 2}
NO_PADDING = (0, 0, 0, 0)
SHRAM = {32: 16, 64: 16, 128: 24, 256: 48}


def _memory(*parts: tuple[int, NDArray[np.generic]]) -> NDArray[np.uint8]:
    memory = np.zeros(SIZE, np.uint8)
    for address, values in parts:
        raw = np.ascontiguousarray(values).view(np.uint8).ravel()
        memory[address : address + raw.size] = raw
    return memory


def _window(
    stream: Stream,
    kernel: tuple[int, int],
    *,
    stride: int = 1,
    padding: tuple[int, int, int, int] = NO_PADDING,
    upscale: int = 0,
) -> None:
    """Kernel, stride (1 or 2), padding (top, left, bottom, right) and upscaling."""
    stream.set("KERNEL_HEIGHT_M1", kernel[0] - 1)
    stream.set("KERNEL_WIDTH_M1", kernel[1] - 1)
    stream.set("KERNEL_STRIDE", (stride - 1) * 3)
    for name, value in zip(("TOP", "LEFT", "BOTTOM", "RIGHT"), padding, strict=True):
        stream.set(f"IFM_PAD_{name}", value)
    stream.set("IFM_UPSCALE", upscale)


def _copy(stream: Stream) -> None:
    """A maximum over windows of one element."""
    _window(stream, (1, 1))
    stream.operate("POOL", POOLS["max"])


def test_tiles_of_the_input() -> None:
    values = np.random.default_rng(0).integers(-128, 128, (5, 6, 3)).astype(np.int8)
    # each tile has rows of the whole map's pitch
    memory = np.zeros(SIZE, np.uint8)
    pitch = 6 * 3
    for base, rows, columns in (
        (0, (0, 3), (0, 4)),
        (0x400, (0, 2), (4, 6)),
        (0x800, (3, 5), (0, 4)),
        (0xC00, (2, 5), (4, 6)),
    ):
        for y in range(*rows):
            line = values[y, columns[0] : columns[1]].view(np.uint8).ravel()
            start = base + (y - rows[0]) * pitch
            memory[start : start + line.size] = line
    ifm, ofm = FeatureMap(0, (5, 6, 3)), FeatureMap(OUT, (5, 6, 3), bricks=True)
    stream = Stream()
    stream.inputs(ifm, tiles=(3, 2, 4, 0x400, 0x800, 0xC00))
    stream.output(ofm)
    _copy(stream)
    execute(64, stream.to_bytes(), {REGION: memory})
    np.testing.assert_array_equal(ofm.read(memory), values)


def test_tiles_of_the_output() -> None:
    values = np.arange(4 * 2 * 20, dtype=np.int16).reshape(4, 2, 20)
    ifm, ofm = FeatureMap(0, (4, 2, 20), "int16", bricks=True), FeatureMap(OUT, (4, 2, 20), "int16")
    memory = np.zeros(SIZE, np.uint8)
    ifm.write(memory, values)
    stream = Stream()
    stream.inputs(ifm)
    stream.output(ofm, tiles=(1, 1, 2, 0, 0x3000, 0))
    _copy(stream)
    execute(64, stream.to_bytes(), {REGION: memory})
    np.testing.assert_array_equal(FeatureMap(OUT, (1, 2, 20), "int16").read(memory), values[:1])
    np.testing.assert_array_equal(FeatureMap(0x3000, (3, 2, 20), "int16").read(memory), values[1:])


def test_the_unused_channels_of_a_brick_are_left_alone() -> None:
    ifm, ofm = FeatureMap(0, (2, 3, 5)), FeatureMap(OUT, (2, 3, 5), bricks=True)
    memory = np.full(SIZE, 0x5A, np.uint8)
    stream = Stream()
    stream.inputs(ifm)
    stream.output(ofm)
    _copy(stream)
    counts = execute(256, stream.to_bytes(), {REGION: memory})
    assert counts.bytes_written[REGION] == 2 * 3 * 5
    assert (memory == 0x5A).all()


@pytest.mark.parametrize("dtype", ["uint8", "int8", "int16"])
def test_average_with_padding_counts_what_is_inside(dtype: str) -> None:
    limits = np.iinfo(dtype)
    values = np.random.default_rng(1).integers(limits.min, limits.max + 1, (4, 4, 2))
    ifm, ofm = FeatureMap(0, (4, 4, 2), dtype), FeatureMap(OUT, (4, 4, 2), dtype)
    memory = np.zeros(SIZE, np.uint8)
    ifm.write(memory, values)
    stream = Stream()
    stream.inputs(ifm)
    stream.output(ofm, rounding="natural")
    _window(stream, (3, 3), padding=(1, 1, 1, 1))
    stream.operate("POOL", POOLS["average"])
    execute(64, stream.to_bytes(), {REGION: memory})
    for y in range(4):
        for x in range(4):
            window = values[max(y - 1, 0) : y + 2, max(x - 1, 0) : x + 2]
            mean = window.mean(axis=(0, 1))
            expected = np.sign(mean) * np.floor(np.abs(mean) + 0.5)  # ties away from zero, as TFLM
            np.testing.assert_array_equal(ofm.read(memory)[y, x], expected)


def test_reduce_sum_adds_channels() -> None:
    values = np.random.default_rng(2).integers(-(2**15), 2**15, (3, 2, 40))
    ifm, ofm = FeatureMap(0, (3, 2, 40), "int32"), FeatureMap(OUT, (3, 2, 1), "int32")
    memory = np.zeros(SIZE, np.uint8)
    ifm.write(memory, values)
    stream = Stream()
    stream.inputs(ifm)
    stream.output(ofm)
    _window(stream, (1, 1))
    stream.operate("POOL", POOLS["sum"])
    execute(32, stream.to_bytes(), {REGION: memory})
    np.testing.assert_array_equal(ofm.read(memory)[..., 0], values.sum(axis=2))


@pytest.mark.parametrize("upscale", [1, 2], ids=["nearest", "zeros"])
def test_upscaling(upscale: int) -> None:
    values = np.random.default_rng(3).integers(1, 128, (2, 3, 4)).astype(np.int8)
    memory = _memory((0, values))
    ifm, ofm = FeatureMap(0, (2, 3, 4)), FeatureMap(OUT, (4, 6, 4))
    stream = Stream()
    stream.inputs(ifm)
    stream.output(ofm)
    _window(stream, (1, 1), upscale=upscale)
    stream.operate("POOL", POOLS["max"])
    execute(256, stream.to_bytes(), {REGION: memory})
    expected = values.repeat(2, axis=0).repeat(2, axis=1)
    if upscale == 2:
        expected[1::2], expected[:, 1::2] = 0, 0
    np.testing.assert_array_equal(ofm.read(memory), expected)


@pytest.mark.parametrize("macs", SHRAM)
def test_table_of_bytes(macs: int) -> None:
    table = np.random.default_rng(4).permutation(256).astype(np.uint8)
    values = np.arange(-128, 128, dtype=np.int8).reshape(1, 16, 16)
    memory = _memory((0, values), (0x1000, table))
    ifm, ofm = FeatureMap(0, (1, 16, 16)), FeatureMap(OUT, (1, 16, 16))
    stream = Stream()
    _dma(stream, 0x1000, SHRAM[macs] * 1024 - 2048 + 3 * 256, 256, internal=True)
    stream.inputs(ifm)
    stream.output(ofm)
    stream.set("ACTIVATION", 16 + 3)
    _copy(stream)
    execute(macs, stream.to_bytes(), {REGION: memory})
    np.testing.assert_array_equal(ofm.read(memory).ravel().view(np.uint8), table)


def test_table_of_16_bits_interpolates() -> None:
    rng = np.random.default_rng(5)
    base, slope = rng.integers(-32768, 32768, 512), rng.integers(-300, 300, 512)
    table = (base & 0xFFFF | (slope & 0xFFFF) << 16).astype(np.uint32)
    values = np.concatenate([[-32768, 32767, 0, -1], rng.integers(-32768, 32768, 60)]).reshape(1, 4, 16)
    memory = _memory((0x1000, table))
    ifm, ofm = FeatureMap(0, (1, 4, 16), "int16"), FeatureMap(OUT, (1, 4, 16), "int32")
    ifm.write(memory, values)
    stream = Stream()
    _dma(stream, 0x1000, 22 * 1024, 2048, internal=True)
    stream.inputs(ifm)
    stream.output(ofm)
    stream.set("ACTIVATION", 16 | 5 << 12)
    stream.set("ACTIVATION_MIN", -32768)
    stream.set("ACTIVATION_MAX", 32767)
    _copy(stream)
    execute(128, stream.to_bytes(), {REGION: memory})
    index = values + 32768
    expected = base[index >> 7] + ((slope[index >> 7] * (index & 127) + 64) >> 7)
    np.testing.assert_array_equal(ofm.read(memory), expected)


def _dma(stream: Stream, source: int, target: int, length: int, *, internal: bool = False) -> None:
    stream.set("DMA0_SRC_REGION", REGION)
    stream.set("DMA0_DST_REGION", 0x103 if internal else REGION)
    stream.set_wide("DMA0_SRC", source)
    stream.set_wide("DMA0_DST", target)
    stream.set_wide("DMA0_LEN", length)
    stream.operate("DMA_START")
    stream.operate("DMA_WAIT")


def test_dma_copies() -> None:
    data = np.random.default_rng(6).integers(0, 256, 0x1230, dtype=np.uint8)
    memory = _memory((0x10, data))
    stream = Stream()
    _dma(stream, 0x10, 0x4000, data.size)
    counts = execute(128, stream.to_bytes(), {REGION: memory})
    np.testing.assert_array_equal(memory[0x4000 : 0x4000 + data.size], data)
    assert counts.dma_transfers == 1
    assert counts.bytes_read[REGION] == counts.bytes_written[REGION] == data.size


@pytest.mark.parametrize(
    ("source", "target", "length", "internal", "fault"),
    [
        (8, 0x4000, 16, False, "command"),  # not aligned
        (0, 0x4000, 8, False, "command"),
        (0, 24 * 1024, 16, True, "command"),  # beyond the SHRAM
        (0, SIZE - 16, 32, False, "bus"),
        (SIZE, 0, 16, False, "bus"),
    ],
)
def test_dma_faults(source: int, target: int, length: int, internal: bool, fault: str) -> None:
    stream = Stream()
    _dma(stream, source, target, length, internal=internal)
    with pytest.raises(NpuFaultError) as caught:
        execute(128, stream.to_bytes(), {REGION: np.zeros(SIZE, np.uint8)})
    assert caught.value.fault == fault


@pytest.mark.parametrize(
    "name", ["built-in for int8", "accumulator", "sum of a window", "average", "upscaled"]
)
def test_what_is_not_modelled_faults(name: str) -> None:
    ifm, ofm = FeatureMap(0, (2, 2, 1)), FeatureMap(OUT, (2, 2, 1))
    stream = Stream()
    stream.inputs(ifm)
    stream.output(ofm, scale=(3, 1))
    _window(stream, (1, 1))
    operation, parameter = "POOL", POOLS["max"]
    match name:
        case "built-in for int8":
            stream.set("ACTIVATION", 3)
        case "accumulator":
            stream.set("ACC_FORMAT", 2)
            operation, parameter = "CONV", 0
        case "sum of a window":
            _window(stream, (2, 2), padding=(0, 0, 1, 1))
            parameter = POOLS["sum"]
        case "average":
            _window(stream, (2, 2), padding=(0, 0, 1, 1))
            parameter = POOLS["average"]
        case _:
            stream.second(ifm)
            stream.set("IFM_UPSCALE", 1)
            operation = "ELEMENTWISE"
    stream.operate(operation, parameter)
    with pytest.raises(NpuFaultError, match="not modelled") as caught:
        execute(128, stream.to_bytes(), {REGION: np.zeros(SIZE, np.uint8)})
    assert caught.value.fault == "unmodelled"


@pytest.mark.parametrize(("activation", "function"), [(3, np.tanh), (4, lambda x: (1 + np.tanh(x / 2)) / 2)])
def test_built_in_functions(
    activation: int, function: Callable[[NDArray[np.float64]], NDArray[np.float64]]
) -> None:
    """Inputs are steps of 1/12288, outputs of 1/32768; both ends saturate."""
    values = np.concatenate(
        [[-(2**31), 2**31 - 1, -(2**17), 2**17, 0, -1, 1], np.arange(-120000, 120000, 977)]
    )
    shape = (1, 1, values.size)
    ifm, ofm = FeatureMap(0, shape, "int32"), FeatureMap(OUT, shape, "int16")
    memory = np.zeros(SIZE, np.uint8)
    ifm.write(memory, values.reshape(shape))
    stream = Stream()
    stream.inputs(ifm)
    stream.output(ofm)
    stream.set("ACTIVATION", activation)
    _copy(stream)
    execute(128, stream.to_bytes(), {REGION: memory})
    got = ofm.read(memory)[0, 0].astype(float) / 32768
    assert np.abs(got - function(values / 12288)).max() < 2e-4

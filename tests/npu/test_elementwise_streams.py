"""Element-wise operators in all modes, types and layouts, from streams written by hand."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from npu_assembler import REGION, FeatureMap, Stream, clamp
from numpy.typing import NDArray
from skipstone.tools.virtual.npu.model import execute

NAMES = ("MUL", "ADD", "SUB", "MIN", "MAX", "LRELU", "ABS", "CLZ", "SHR", "SHL")
MODES = {name: code for code, name in enumerate(NAMES)}
UNARY = ("LRELU", "ABS", "CLZ")
TYPES = ("uint8", "int8", "uint16", "int16", "int32")
SHAPE = (3, 4, 21)
A, B, OUT = 0, 0x1000, 0x2000
REVERSED, SCALAR = 0x40, 0x80


def _values(rng: np.random.Generator, dtype: str, shape: tuple[int, ...]) -> NDArray[np.int64]:
    limits = np.iinfo(dtype)
    return rng.integers(max(limits.min, -(2**20)), min(limits.max, 2**20) + 1, shape)


def _leading_zeros(a: NDArray[np.int64], _: NDArray[np.int64]) -> NDArray[np.int64]:
    return np.array([32 - (int(v) & 0xFFFFFFFF).bit_length() for v in a.ravel()]).reshape(a.shape)


EXACT: dict[str, Callable[[NDArray[np.int64], NDArray[np.int64]], NDArray[np.int64]]] = {
    "MUL": lambda a, b: a * b,
    "ADD": lambda a, b: a + b,
    "SUB": lambda a, b: a - b,
    "MIN": np.minimum,
    "MAX": np.maximum,
    "LRELU": lambda a, b: np.where(a < 0, (a + 1) >> 1, a),
    "ABS": lambda a, b: np.abs(a),
    "CLZ": _leading_zeros,
    "SHR": lambda a, b: np.where(b > 0, (a + (1 << np.maximum(b - 1, 0))) >> b, a),
    "SHL": lambda a, b: (a << b).astype(np.int32).astype(np.int64),
}
"""The operators before the output's scale."""


def _run(stream: Stream, maps: dict[FeatureMap, NDArray[np.int64]], ofm: FeatureMap) -> NDArray[np.generic]:
    memory = np.zeros(0x4000, np.uint8)
    for fm, values in maps.items():
        fm.write(memory, values)
    execute(128, stream.to_bytes(), {REGION: memory})
    return ofm.read(memory)


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("bricks", [False, True], ids=["nhwc", "nhcwb16"])
def test_every_mode_type_and_layout(mode: str, dtype: str, bricks: bool) -> None:
    rng = np.random.default_rng([MODES[mode], len(dtype), bricks])
    is_shift = mode in ("SHR", "SHL")
    a, b = _values(rng, dtype, SHAPE), _values(rng, dtype, SHAPE)
    if is_shift:
        b = rng.integers(0, 8, SHAPE)
    points = (0, 0) if dtype == "int32" or is_shift or mode == "CLZ" else (3, 5)
    ifm, ifm2 = (FeatureMap(at, SHAPE, dtype, bricks, p) for at, p in zip((A, B), points, strict=True))
    ofm = FeatureMap(OUT, SHAPE, "int32", not bricks)
    stream = Stream()
    # LRELU halves what is negative
    scale = (1, 1) if mode == "LRELU" else (1, 0)
    stream.inputs(ifm)
    stream.output(ofm, scale=scale, rounding="natural")
    if mode not in UNARY:
        stream.second(ifm2)
    stream.set_wide("OPA_SCALE", 1)
    stream.set_wide("OPB_SCALE", 1)
    stream.operate("ELEMENTWISE", MODES[mode])
    expected = clamp(EXACT[mode](a - points[0], b - points[1]), "int32")
    np.testing.assert_array_equal(_run(stream, {ifm: a, ifm2: b}, ofm), expected)


@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize("broadcast", range(8))
def test_broadcast_and_order(broadcast: int, reverse: bool) -> None:
    rng = np.random.default_rng(broadcast)
    other = tuple(1 if broadcast >> axis & 1 else size for axis, size in enumerate(SHAPE))
    ifm, ifm2 = FeatureMap(A, SHAPE), FeatureMap(B, other, zero_point=-7)
    ofm = FeatureMap(OUT, SHAPE, "int16", zero_point=11)
    a, b = _values(rng, "int8", SHAPE), _values(rng, "int8", other)
    stream = Stream()
    stream.inputs(ifm)
    stream.output(ofm)
    stream.second(ifm2, broadcast | (REVERSED if reverse else 0))
    stream.set_wide("OPA_SCALE", 2)
    stream.set_wide("OPB_SCALE", 3)
    stream.operate("ELEMENTWISE", MODES["SUB"])
    expected = 2 * (b + 7) - 3 * a if reverse else 2 * a - 3 * (b + 7)
    np.testing.assert_array_equal(_run(stream, {ifm: a, ifm2: b}, ofm), np.broadcast_to(expected + 11, SHAPE))


@pytest.mark.parametrize(("dtype", "scalar", "value"), [("int8", 0xFF80, -128), ("uint8", 200, 200)])
def test_scalar_operand(dtype: str, scalar: int, value: int) -> None:
    ifm, ofm = FeatureMap(A, SHAPE, dtype), FeatureMap(OUT, SHAPE, "int32")
    a = _values(np.random.default_rng(1), dtype, SHAPE)
    stream = Stream()
    stream.inputs(ifm)
    stream.output(ofm)
    stream.second(FeatureMap(0, (1, 1, 1), dtype, zero_point=4), SCALAR)
    stream.set("IFM2_SCALAR", scalar)
    stream.operate("ELEMENTWISE", MODES["MUL"])
    np.testing.assert_array_equal(_run(stream, {ifm: a}, ofm), a * (value - 4))


@pytest.mark.parametrize("mode", [1, 2])
@pytest.mark.parametrize(("dtype", "left"), [("int8", 19), ("int16", 14)])
def test_one_operand_with_a_32_bit_scale(mode: int, dtype: str, left: int) -> None:
    """The scale is in OPA_SCALE for either operand; the other is shifted left by 19 or 14."""
    rng = np.random.default_rng(mode)
    ifm, ifm2, ofm = FeatureMap(A, SHAPE, dtype), FeatureMap(B, SHAPE, dtype), FeatureMap(OUT, SHAPE, "int32")
    a, b = _values(rng, dtype, SHAPE), _values(rng, dtype, SHAPE)
    stream = Stream()
    stream.inputs(ifm, scale_mode=mode)
    stream.output(ofm)
    stream.second(ifm2)
    stream.set_wide("OPA_SCALE", 0x60000000, 12)
    stream.operate("ELEMENTWISE", MODES["ADD"])

    def scaled(x: NDArray[np.int64]) -> NDArray[np.int64]:
        return (x * 0x60000000 + (1 << 11)) >> 12

    expected = scaled(a) + (b << left) if mode == 1 else (a << left) + scaled(b)
    np.testing.assert_array_equal(_run(stream, {ifm: a, ifm2: b}, ofm), clamp(expected, "int32"))


@pytest.mark.parametrize(("rounding", "expected"), [("tfl", -2), ("truncate", -1), ("natural", -2)])
def test_products_of_32_bits_are_only_shifted(rounding: str, expected: int) -> None:
    ifm, ifm2, ofm = (
        FeatureMap(A, (1, 1, 1), "int32"),
        FeatureMap(B, (1, 1, 1), "int32"),
        FeatureMap(OUT, (1, 1, 1), "int32"),
    )
    stream = Stream()
    stream.inputs(ifm)
    stream.output(ofm, scale=(1 << 30, 31), rounding=rounding)
    stream.second(ifm2)
    stream.operate("ELEMENTWISE", MODES["MUL"])
    maps = {ifm: np.full((1, 1, 1), -(2**29)), ifm2: np.full((1, 1, 1), 7)}
    assert _run(stream, maps, ofm)[0, 0, 0] == expected

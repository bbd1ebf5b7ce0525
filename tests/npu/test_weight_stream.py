"""The decoder of compressed weights against the codec of vela, and on damaged streams."""

from __future__ import annotations

import ctypes

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from npu_library import WeightOrder, arrange, decode, library

codec = pytest.importorskip("ethosu.mlw_codec", reason="vela is not installed (extra npu)")

PALETTES = st.lists(st.integers(-255, 255), min_size=1, max_size=40)


@st.composite
def weight_lists(draw: st.DrawFn) -> list[int]:
    """Few or many values, zeros rare or in long runs: what makes the encoder choose its modes."""
    seed = draw(st.integers(0, 2**32 - 1))
    rng = np.random.default_rng(seed)
    values = np.array(draw(PALETTES))
    length = draw(st.integers(1, 3000))
    weights = rng.choice(values, length)
    return (weights * (rng.random(length) >= draw(st.sampled_from([0.0, 0.3, 0.9, 0.999])))).tolist()


@settings(max_examples=150, deadline=None)
@given(weight_lists())
def test_decodes_what_vela_encodes(weights: list[int]) -> None:
    stream = bytes(codec.encode(weights))
    status, decoded = decode(stream)
    assert status == "ok"
    np.testing.assert_array_equal(decoded, weights)
    np.testing.assert_array_equal(decoded, codec.decode(bytearray(stream)))


def test_long_runs_span_slices() -> None:
    weights = ([0] * 40_000 + [7]) * 3 + list(range(-255, 256)) * 80
    status, decoded = decode(bytes(codec.encode(weights)))
    assert status == "ok"
    np.testing.assert_array_equal(decoded, weights)


@settings(max_examples=200, deadline=None)
@given(weight_lists(), st.data())
def test_a_damaged_stream_is_refused_or_gives_weights_in_range(
    weights: list[int], data: st.DataObject
) -> None:
    stream = bytearray(codec.encode(weights))
    for _ in range(data.draw(st.integers(1, 4))):
        stream[data.draw(st.integers(0, len(stream) - 1))] = data.draw(st.integers(0, 255))
    del stream[data.draw(st.integers(1, len(stream))) :]
    status, decoded = decode(bytes(stream), limit=100_000)
    assert len(decoded) <= 100_000
    assert status == "ok" or len(decoded) == 0


@pytest.mark.parametrize(
    ("bits", "status"),
    [
        ("100" + "0" * 61, "header"),  # zdiv 4 read from bit 0: 0b001 = 1, no palette in the first slice
        ("001" + "0" * 61, "header"),  # zdiv 4
        ("000" + "0" * 15 + "011" + "0" * 43, "header"),  # wdiv 6
        ("000" + "0" * 15 + "000" + "01" + "0" * 8, "short"),  # a palette that does not end
        ("111" + "1" * 5 + "0" * 8, "header"),  # a second slice after the boundary without a palette
    ],
)
def test_ill_formed_headers(bits: str, status: str) -> None:
    stream = bytes(int(bits[i : i + 8][::-1], 2) for i in range(0, len(bits), 8))
    assert decode(stream)[0] == status


def test_more_weights_than_wanted_are_an_error() -> None:
    assert decode(bytes(codec.encode([1, 2, 3] * 50)), limit=149)[0] == "too many"


@settings(max_examples=60, deadline=None)
@given(
    outputs=st.integers(1, 40),
    inputs=st.integers(1, 70),
    kernel=st.tuples(st.integers(1, 10), st.integers(1, 10)),
    dilation=st.tuples(st.integers(1, 2), st.integers(1, 2)),
    block_depth=st.sampled_from([8, 16, 24, 32]),
    micro_depth=st.sampled_from([4, 8]),
    traversal=st.sampled_from(["depth", "part kernel", "depthwise"]),
    wide=st.booleans(),
)
def test_order_is_that_of_vela(
    outputs: int,
    inputs: int,
    kernel: tuple[int, int],
    dilation: tuple[int, int],
    block_depth: int,
    micro_depth: int,
    traversal: str,
    wide: bool,
) -> None:
    inputs = 1 if traversal == "depthwise" else inputs
    rng = np.random.default_rng(outputs)
    weights = rng.integers(-127, 128, (outputs, *kernel, inputs)).astype(np.int16)
    flags = (traversal == "depthwise", traversal == "part kernel")
    encoded, _ = codec.reorder_encode(
        8, micro_depth, weights, block_depth, *flags, 16 if wide else 8, 8 // dilation[0], 8 // dilation[1]
    )
    order = WeightOrder(outputs, inputs, *kernel, *dilation, block_depth, micro_depth, *flags, wide)
    status, listed = decode(bytes(encoded))
    assert status == "ok"
    assert len(listed) == library().npu_weights_expected(ctypes.byref(order))
    np.testing.assert_array_equal(arrange(order, listed), weights)

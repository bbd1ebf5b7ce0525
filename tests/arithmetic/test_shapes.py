"""Output shapes are those that NumPy gives arrays of the same shapes; contradictions are ValueErrors."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from skipstone.quantize.arithmetic import shapes

SHAPES = st.lists(st.integers(1, 5), min_size=1, max_size=4).map(tuple)


def _axis_of(data: st.DataObject, rank: int) -> int:
    return data.draw(st.integers(-rank, rank - 1), label="axis")


@given(SHAPES, st.data())
def test_broadcast_is_that_of_numpy_or_refused(a: tuple[int, ...], data: st.DataObject) -> None:
    b = tuple(data.draw(st.sampled_from([1, size, 3])) for size in a[data.draw(st.integers(0, len(a))) :])
    try:
        expected = (np.empty(a) + np.empty(b)).shape
    except ValueError:
        with pytest.raises(ValueError, match="broadcast of"):
            shapes.broadcast(a, b)
    else:
        assert shapes.broadcast(a, b) == expected


@given(SHAPES, st.data())
def test_parts_side_by_side(shape: tuple[int, ...], data: st.DataObject) -> None:
    axis = _axis_of(data, len(shape))
    sizes = data.draw(st.lists(st.integers(1, 4), min_size=1, max_size=4))
    at = axis % len(shape)
    parts = [(*shape[:at], size, *shape[at + 1 :]) for size in sizes]
    whole = np.concatenate([np.empty(part) for part in parts], axis).shape
    assert shapes.concatenated(parts, axis) == whole
    assert shapes.split(whole, axis, sizes) == parts
    open_ended = [*sizes[:-1], -1]
    assert shapes.split(whole, axis, open_ended) == parts


@given(SHAPES, st.integers(1, 4), st.data())
def test_parts_along_a_new_axis(shape: tuple[int, ...], count: int, data: st.DataObject) -> None:
    axis = _axis_of(data, len(shape) + 1)
    whole = np.stack([np.empty(shape)] * count, axis).shape
    assert shapes.packed([shape] * count, axis) == whole
    assert shapes.unpacked(whole, axis, count) == [shape] * count


@given(SHAPES, st.data())
def test_views(shape: tuple[int, ...], data: st.DataObject) -> None:
    array = np.empty(shape)
    order = data.draw(st.permutations(range(len(shape))))
    assert shapes.transposed(shape, order) == array.transpose(order).shape
    begin = [data.draw(st.integers(0, size - 1)) for size in shape]
    size = [data.draw(st.sampled_from([-1, *range(1, n - b + 1)])) for b, n in zip(begin, shape, strict=True)]
    region = tuple(slice(b, None if n == -1 else b + n) for b, n in zip(begin, size, strict=True))
    assert shapes.sliced(shape, begin, size) == array[region].shape
    axis, indices = _axis_of(data, len(shape)), data.draw(SHAPES)
    assert shapes.gathered(shape, indices, axis) == array.take(np.zeros(indices, int), axis).shape
    widths = [(data.draw(st.integers(0, 3)), data.draw(st.integers(0, 3))) for _ in shape]
    assert shapes.padded(shape, widths) == np.pad(array, widths).shape


@given(SHAPES, st.data())
def test_strided_slices(shape: tuple[int, ...], data: st.DataObject) -> None:
    numbers = st.integers(-6, 6)
    begin, end = ([data.draw(numbers) for _ in shape] for _ in range(2))
    stride = [data.draw(st.sampled_from([-2, -1, 1, 2, 3])) for _ in shape]
    masks = data.draw(st.integers(0, 15)), data.draw(st.integers(0, 15))
    shrunk = data.draw(st.integers(0, 15))
    parts = [
        slice(None if masks[0] >> i & 1 else begin[i], None if masks[1] >> i & 1 else end[i], stride[i])
        for i in range(len(shape))
    ]
    expected = [n for i, n in enumerate(np.empty(shape)[tuple(parts)].shape) if not shrunk >> i & 1]
    assert shapes.strided_slice(shape, (begin, end, stride), masks, shrunk) == tuple(expected)


@given(SHAPES, st.data())
def test_reduced_axes_stay_where_the_output_has_the_rank_of_the_input(
    shape: tuple[int, ...], data: st.DataObject
) -> None:
    axes = data.draw(st.lists(st.integers(-len(shape), len(shape) - 1), min_size=1, unique=True))
    once = tuple({axis % len(shape) for axis in axes})
    kept, dropped = (np.empty(shape).mean(axis=once, keepdims=keep).shape for keep in (True, False))
    assert shapes.reduced(shape, axes, len(shape)) == kept
    assert shapes.reduced(shape, axes, len(dropped)) == dropped


@given(*[st.integers(1, 4)] * 4, st.booleans(), st.booleans())
def test_products_of_matrices(outer: int, rows: int, depth: int, columns: int, x: bool, y: bool) -> None:
    a = (outer, 1, depth, rows) if x else (outer, 1, rows, depth)
    b = (3, columns, depth) if y else (3, depth, columns)
    left, right = np.empty(a), np.empty(b)
    product = (left.swapaxes(-1, -2) if x else left) @ (right.swapaxes(-1, -2) if y else right)
    assert shapes.matrix_product(a, b, x, y) == product.shape


def test_rows_of_a_layer_have_the_axes_of_the_file_as_long_as_the_last_is_the_units() -> None:
    assert shapes.fully_connected((2, 3, 4), (5, 4), (2, 3, 5)) == (2, 3, 5)
    assert shapes.fully_connected((2, 3, 4), (5, 4), (6, 5)) == (6, 5)
    assert shapes.fully_connected((1, 4), (6, 4), (2, 3)) == (1, 6)
    assert shapes.fully_connected((1, 4), (6, 4), ()) == (1, 6)


def test_windows_of_an_image() -> None:
    assert shapes.windows((1, 7, 9, 2), (3, 3), (2, 1), (1, 2), "valid") == (3, 5)
    assert shapes.windows((1, 7, 9, 2), (3, 3), (2, 2), (1, 1), "same") == (4, 5)


@pytest.mark.parametrize(
    "contradiction",
    [
        lambda: shapes.windows((1, 7, 9), (3, 3), (1, 1), (1, 1), "same"),
        lambda: shapes.windows((1, 2, 2, 1), (3, 3), (1, 1), (1, 1), "valid"),
        lambda: shapes.fully_connected((1, 4), (6, 3), (1, 6)),
        lambda: shapes.fully_connected((1, 4), (6, 4, 1), (1, 6)),
        lambda: shapes.matrix_product((4,), (4, 2), False, False),
        lambda: shapes.matrix_product((2, 4), (3, 2), False, False),
        lambda: shapes.matrix_product((2, 2, 4), (3, 4, 2), False, False),
        lambda: shapes.reduced((2, 3), [2], 1),
        lambda: shapes.concatenated([(2, 3), (3, 3)], 1),
        lambda: shapes.concatenated([(2, 3), (2, 3, 1)], 0),
        lambda: shapes.concatenated([(2, 3)], 2),
        lambda: shapes.packed([(2, 3), (3, 2)], 0),
        lambda: shapes.packed([(2, 3)], 3),
        lambda: shapes.unpacked((2, 3), 0, 3),
        lambda: shapes.split((2, 6), 1, [2, 3]),
        lambda: shapes.split((2, 6), 1, [2, -1, -1]),
        lambda: shapes.split((2, 6), 1, [0, 6]),
        lambda: shapes.split((2, 6), 2, [6]),
        lambda: shapes.gathered((2, 3), (1,), -3),
        lambda: shapes.reshaped((2, 3), (5,)),
        lambda: shapes.transposed((2, 3), [0, 0]),
        lambda: shapes.transposed((2, 3), [0]),
        lambda: shapes.sliced((2, 3), [0], [1]),
        lambda: shapes.sliced((2, 3), [0, 1], [1, 3]),
        lambda: shapes.sliced((2, 3), [-1, 0], [1, 1]),
        lambda: shapes.sliced((2, 3), [2, 0], [-1, 1]),
        lambda: shapes.strided_slice((2, 3), ([0], [1], [1]), (0, 0), 0),
        lambda: shapes.strided_slice((2, 3), ([0, 0], [1, 1], [1, 0]), (0, 0), 0),
        lambda: shapes.padded((2, 3), [(0, 1)]),
        lambda: shapes.padded((2, 3), [(0, 1), (-1, 0)]),
    ],
)
def test_contradictions_are_value_errors(contradiction: Callable[[], object]) -> None:
    with pytest.raises(ValueError, match=r"."):
        contradiction()

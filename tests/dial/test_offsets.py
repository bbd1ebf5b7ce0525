"""Threshold offsets as a user writes them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from skipstone.tools.dial.errors import DialError
from skipstone.tools.dial.offsets import parse_offsets


@pytest.mark.parametrize(
    ("text", "offsets"),
    [
        ("0", (0,)),
        ("-40,-20,0", (-40, -20, 0)),
        ("20, 0,-20,0", (-20, 0, 20)),
        ("-40:40:40", (-40, 0, 40)),
        ("-10:12:10,3", (-10, 0, 3, 10)),
        ("-128,127", (-128, 127)),
    ],
)
def test_lists_and_ranges(text: str, offsets: tuple[int, ...]) -> None:
    assert parse_offsets(text) == offsets


@pytest.mark.parametrize(
    "text", ["", "a", "1:2", "0:10:0", "0:10:-1", "10:0:1", "1:2:3:4", "-129", "128", "0,,1", "1.5"]
)
def test_everything_else_is_refused(text: str) -> None:
    with pytest.raises(DialError) as refused:
        parse_offsets(text)
    assert refused.value.remedy


@given(st.lists(st.integers(-128, 127), min_size=1))
def test_any_list_of_offsets_comes_back_sorted(offsets: list[int]) -> None:
    assert parse_offsets(",".join(map(str, offsets))) == tuple(sorted(set(offsets)))


@given(st.text(max_size=12))
def test_any_text_gives_offsets_or_a_typed_error(text: str) -> None:
    try:
        offsets = parse_offsets(text)
    except DialError:
        return
    assert all(-128 <= offset <= 127 for offset in offsets)

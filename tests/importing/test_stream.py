"""Shapes that can run step by step, whatever the framework."""

from __future__ import annotations

import pytest
from skipstone.quantize.importing.errors import ImportModelError
from skipstone.quantize.importing.stream import check_states, step_shape


def test_a_step_has_batch_one_and_closed_dimensions() -> None:
    assert step_shape("x", (1, 4, 40), "") == (1, 4, 40)


@pytest.mark.parametrize(
    ("shape", "message"),
    [
        ((1, None, 4), r"x has open dimensions: \[1, \?, 4\]"),
        (("s0", 4), r"x has open dimensions: \[\?, 4\]"),
        ((2, 4), "the batch of x is 2"),
        ((), "x has no dimensions"),
    ],
)
def test_other_shapes_are_refused(shape: tuple[object, ...], message: str) -> None:
    with pytest.raises(ImportModelError, match=message) as caught:
        step_shape("x", shape, "the remedy")
    assert caught.value.remedy == "the remedy"


FEATURES = ("x", (1, 40))
PAST = ("past", (1, 7, 16))


def test_states_come_back_in_order() -> None:
    check_states([FEATURES], [(1, 4)], "")
    check_states([FEATURES, PAST, ("h", (1, 3))], [(1, 4), (1, 7, 16), (1, 3)], "")


@pytest.mark.parametrize(
    ("outputs", "message"),
    [
        ([(1, 4)], "takes 1 states after the features, but returns 0"),
        ([(1, 4), (1, 7, 16), (1, 7, 16)], "takes 1 states after the features, but returns 2"),
        ([(1, 4), (1, 8, 16)], r"state 'past' is \[1, 7, 16\] before a step and \[1, 8, 16\] after"),
    ],
)
def test_states_that_do_not_come_back_are_refused(outputs: list[tuple[int, ...]], message: str) -> None:
    with pytest.raises(ImportModelError, match=message):
        check_states([FEATURES, PAST], outputs, "")

"""Mutated files that once broke something, by what broke; each is refused by the reader now."""

from __future__ import annotations

import pytest
from mutations import mutate
from skipstone.quantize.tflite.errors import TfliteError
from skipstone.quantize.tflite.reader import read_model
from sources import sources

FOUND = {
    "a main graph that is an empty table ended TFLM with SIGSEGV": ("relu6", 939, "no list of"),
    "bytes that move the subgraph to an empty table ended TFLM with SIGSEGV": ("sub", 566, "no list of"),
    "an offset to an empty table ended TFLM with SIGSEGV": ("maximum", 483, "no list of"),
    "a permutation that is a variable was zeroed by TFLM's reset": (
        "reshape_transpose_slice_concatenate",
        347,
        "a variable and has constant values",
    ),
    "an axis that is a variable was zeroed by TFLM's reset": (
        "split_v",
        450,
        "a variable and has constant values",
    ),
    "weights that are a variable were zeroed by TFLM's reset": (
        "fully_connected_int4",
        505,
        "a variable and has constant values",
    ),
}


@pytest.mark.parametrize("defect", FOUND)
def test_a_found_defect_is_refused(defect: str) -> None:
    name, seed, message = FOUND[defect]
    with pytest.raises(TfliteError, match=message):
        read_model(mutate(sources(with_large=False)[name], seed))

"""``docs/reference/npu.md`` says what the tests of this folder show."""

from __future__ import annotations

from pathlib import Path

from npu_comparison import DIFFERENCES, DIFFERENCES_OF_THE_OLDER_CORE
from test_operators_on_npu import (
    ENDS_VELA,
    EXECUTED,
    LEFT_TO_THE_CPU,
    MAKERS,
    MISPLACED,
    PARTLY_PLACED,
)

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "npu.md"
BEGIN, END = "<!-- operators: begin -->\n", "<!-- operators: end -->\n"

ROWS = {
    "FULLY_CONNECTED": ("fully_connected", "large_fully_connected"),
    "FULLY_CONNECTED, int4 weights": ("fully_connected_int4",),
    "CONV_2D": (
        *("conv_2d", "deep_convolution", "large_kernel", "strided_convolution", "dilated_convolution"),
    ),
    "DEPTHWISE_CONV_2D": ("depthwise_conv_2d", "wide_depthwise"),
    "TRANSPOSE_CONV": ("transpose_conv",),
    "BATCH_MATMUL": ("batch_matmul",),
    "AVERAGE_POOL_2D": ("average_pool_2d", "large_average_pool"),
    "MAX_POOL_2D": ("max_pool_2d", "large_max_pool"),
    "MEAN": ("mean",),
    "SUM": ("sum",),
    "REDUCE_MAX": ("reduce_max",),
    "ADD": ("add",),
    "SUB": ("sub",),
    "MUL": ("mul",),
    "MAXIMUM": ("maximum",),
    "MINIMUM": ("minimum",),
    "SQUARED_DIFFERENCE": ("squared_difference",),
    "ABS": ("abs",),
    "PRELU": ("prelu",),
    "LEAKY_RELU": ("leaky_relu",),
    "RELU": ("relu",),
    "RELU6": ("relu6",),
    "HARD_SWISH": ("hard_swish",),
    "LOGISTIC": ("logistic",),
    "TANH": ("tanh",),
    "SOFTMAX": ("softmax",),
    "QUANTIZE": ("quantize", "quantize_to_unsigned"),
    "QUANTIZE, int8 and int16": ("mixed_widths",),
    "RESIZE_BILINEAR": ("resize_bilinear",),
    "RESIZE_NEAREST_NEIGHBOR": ("resize_nearest_neighbor",),
    "PAD": ("pad",),
    "SPLIT": ("split",),
    "SPLIT_V": ("split_v",),
    "PACK": ("pack",),
    "UNPACK": ("unpack",),
    "TRANSPOSE": ("transpose",),
    "SLICE": ("slice_inside",),
    "STRIDED_SLICE": ("strided_slice",),
    "CONCATENATION": ("concatenation",),
    "RESHAPE": ("reshape_transpose_slice_concatenate",),
    "GATHER": ("gather",),
    "GREATER": ("greater",),
    "IF with variables": ("gated_sum",),
    "SVDF": ("svdf",),
    "UNIDIRECTIONAL_SEQUENCE_LSTM": ("unidirectional_sequence_lstm",),
    "QUANTIZE and DEQUANTIZE of float edges": ("float_edges",),
}
"""Operator → names of its makers of int8 models; those of 16x8 have the suffix ``_int16``."""

STATES = {
    "equal": EXECUTED,
    "some shapes": (*PARTLY_PLACED, *MISPLACED),
    "CPU": LEFT_TO_THE_CPU,
    "vela dies": ENDS_VELA,
}


def _state(names: tuple[str, ...]) -> str:
    present = [name for name in names if name in MAKERS]
    if not present:
        return "–"
    (state,) = {next(key for key, listed in STATES.items() if name in listed) for name in present}
    largest = max(DIFFERENCES.get(name, (0, ""))[0] for name in present)
    return f"within {largest}" if largest else state


def table() -> str:
    """The table of operators as the lists of the tests give it."""
    lines = ["| operator | int8 | 16x8 |", "|---|---|---|"]
    for operator, names in ROWS.items():
        wide = tuple(f"{name}_int16" for name in names)
        lines.append(f"| {operator} | {_state(names)} | {_state(wide)} |")
    return "\n".join(lines) + "\n"


def test_every_tested_operator_has_a_row() -> None:
    named = {name for names in ROWS.values() for name in (*names, *(f"{n}_int16" for n in names))}
    assert {name for listed in STATES.values() for name in listed} - named == set()


def test_the_page_holds_the_table() -> None:
    text = PAGE.read_text()
    found = text[text.index(BEGIN) + len(BEGIN) : text.index(END)]
    assert found == table(), f"put this between the marks of {PAGE.name}:\n{table()}"


def test_every_difference_is_on_the_page() -> None:
    text = PAGE.read_text()
    for largest, reason in (DIFFERENCES | DIFFERENCES_OF_THE_OLDER_CORE).values():
        assert f"| {largest}" in text
        assert reason in text

"""Greedy CTC, word errors, gate sources and the compute fraction, on cases worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from skipstone.quantize.evaluation.decode import (
    GreedyCtc,
    best_token,
    decode_ids,
    greedy_decoder,
    greedy_ids,
)
from skipstone.quantize.evaluation.errors import EvaluationError
from skipstone.quantize.evaluation.evaluate import word_error_rate, word_errors
from skipstone.quantize.evaluation.gates import compute_fraction, gate_bias
from skipstone.quantize.tflite.metadata import SkipBlock, SkipTable

TABLE = SkipTable(
    blocks=tuple(
        SkipBlock(name=f"b{i}", kind="ffn", gate=i, subgraph=i, threshold=0, macs=macs, weight_bytes=1)
        for i, macs in enumerate((30, 60))
    ),
    fixed_macs=1000,
    arbitrator_macs=10,
)


@pytest.mark.parametrize(
    ("best", "expected"),
    [
        ([0, 0, 0], []),
        ([3, 3, 3], [3]),
        ([3, 0, 3], [3, 3]),
        ([1, 2, 2, 0, 0, 2, 1], [1, 2, 2, 1]),
        ([], []),
    ],
)
def test_repeats_merge_and_blanks_part(best: list[int], expected: list[int]) -> None:
    decoder = GreedyCtc()
    emitted = [decoder.push(index) for index in best]
    assert decoder.ids == expected
    assert [index for index in emitted if index is not None] == expected


@given(st.lists(st.integers(0, 3)))
def test_incremental_decoding_equals_the_definition(best: list[int]) -> None:
    decoder = GreedyCtc(blank=2)
    for index in best:
        decoder.push(index)
    collapsed = [index for i, index in enumerate(best) if i == 0 or best[i - 1] != index]
    assert decoder.ids == [index for index in collapsed if index != 2]


def test_reset_forgets_the_previous_token() -> None:
    decoder = GreedyCtc()
    decoder.push(4)
    decoder.reset()
    assert decoder.push(4) == 4


@pytest.mark.parametrize(
    ("best", "expected", "previous"),
    [
        ([0, 0, 0], [], [0, 0]),
        ([3], [3], [0, 3]),
        ([3, 3, 0, 3], [3, 3, 3], [3, 3]),
        ([1, 2, 0, 4], [1, 2, 4], [2, 4]),
    ],
)
def test_a_transducer_writes_all_but_blanks_and_feeds_the_last_two_back(
    best: list[int], expected: list[int], previous: list[int]
) -> None:
    decoder = greedy_decoder("transducer")
    assert [token for token in map(decoder.push, best) if token is not None] == expected
    assert decoder.ids == expected == greedy_ids(best, "transducer")
    (fed_back,) = decoder.inputs()
    assert (fed_back.dtype, fed_back.tolist()) == (np.int32, [previous])
    decoder.reset()
    assert decoder.ids == []
    assert decoder.inputs()[0].tolist() == [[0, 0]]


def test_ctc_feeds_nothing_back() -> None:
    assert greedy_decoder("ctc", blank=2).inputs() == ()
    assert greedy_ids([2, 1, 1], "ctc", blank=2) == [1]


def test_ties_go_to_the_lowest_index() -> None:
    assert best_token(np.array([[1, 7, 7]], np.int8)) == 1


def test_text_of_word_and_subword_tokens() -> None:
    tokens = ("<blank>", "▁turn", "▁o", "n", "▁the")
    assert decode_ids([1, 2, 3], tokens) == "turn on"
    assert decode_ids([], tokens) == ""


@pytest.mark.parametrize(
    ("reference", "hypothesis", "expected"),
    [
        ("a b c", "a b c", (0, 3)),
        ("a b c", "a x c", (1, 3)),
        ("a b c", "", (3, 3)),
        ("a b", "a b c d", (2, 2)),
        ("", "a b", (2, 0)),
    ],
)
def test_word_errors(reference: str, hypothesis: str, expected: tuple[int, int]) -> None:
    assert word_errors(reference, hypothesis) == expected


def test_word_error_rate_sums_over_utterances() -> None:
    assert word_error_rate(["a b c", "d"], ["a x c", "d"]) == 0.25
    with pytest.raises(EvaluationError):
        word_error_rate([""], ["a"])


def test_compute_fraction_counts_arbitrators_on_both_sides() -> None:
    gates = np.array([[True, False], [False, False]])
    assert compute_fraction(gates, TABLE) == (30 + 20) / (180 + 20)
    assert compute_fraction(np.ones((3, 2), np.bool_), TABLE) == 1.0


def test_gate_sources() -> None:
    assert gate_bias("arbitrator", 2, -3).tolist() == [-3, -3]
    assert gate_bias("all", 2).tolist() == [127, 127]
    assert gate_bias("none", 1).tolist() == [-128]
    assert gate_bias("mask", 2, mask=np.array([True, False])).tolist() == [127, -128]
    for source, offset in (("mask", 0), ("sometimes", 0), ("arbitrator", 200)):
        with pytest.raises(EvaluationError):
            gate_bias(source, 2, offset)

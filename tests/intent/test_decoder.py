"""The decoder finds the best path: against every sentence, filler and alignment by brute force."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

import numpy as np
import pytest
from lamp_grammar import SCALE, TOKENS
from numpy.typing import NDArray
from skipstone.quantize.intent.compile import CompiledGrammar, compile_grammar
from skipstone.quantize.intent.decoder import FLOOR, IntentDecoder, Interpretation
from skipstone.quantize.intent.grammar import parse_grammar
from skipstone.quantize.intent.words import exact_meaning, interpret_words

SMALL = """
version = 1
[penalties]
filler = {filler}
word = -0.5
[slots]
state = ["on", "off"]
[intents]
switch = "turn [{{state}}] [red | red red]"
stop = "stop"
"""
FILLER = -1


def sentences() -> Iterator[tuple[tuple[int, ...], str, dict[str, str]]]:
    index = {token[1:]: number for number, token in enumerate(TOKENS)}
    yield (index["stop"],), "stop", {}
    for state, tail in product(("", "on", "off"), ((), ("red",), ("red", "red"))):
        words = ("turn", *filter(None, [state]), *tail)
        yield tuple(index[word] for word in words), "switch", {"state": state} if state else {}


def best_alignment(row: NDArray[np.int64], words: tuple[int, ...]) -> int:
    """Best CTC path of one sequence (Graves et al. 2006, section 4.1, with the maximum), textbook form."""
    other = row[:, 1:].max(axis=1)
    emission = [row[:, 0] if label is None else other if label == FILLER else row[:, label]
                for word in (None, *(x for w in words for x in (w, None))) for label in [word]]  # fmt: skip
    labels = [None, *(x for w in words for x in (w, None))]
    score = [FLOOR] * len(labels)
    for step in range(len(row)):
        following = []
        for i, label in enumerate(labels):
            enter = [score[i], score[i - 1] if i else FLOOR]
            if i > 1 and label is not None and (label != labels[i - 2] or label == FILLER):
                enter.append(score[i - 2])
            if step == 0:
                enter = [0] if i < 2 else [FLOOR]
            following.append(max(FLOOR, max(enter) + int(emission[i][step])))
        score = following
    return max(score[-2:])


def brute_force(grammar: CompiledGrammar, logits: NDArray[np.int8]) -> int:
    """Best score of all sentences with up to two stretches of filler in every gap."""
    row = logits.astype(np.int64)
    row -= row.max(axis=1, keepdims=True)
    best = FLOOR
    bonus = round(0.5 / SCALE)
    for words, _, _ in sentences():
        for gaps in product(range(3), repeat=len(words) + 1):
            sequence = [FILLER] * gaps[0]
            for word, fillers in zip(words, gaps[1:], strict=True):
                sequence += [word, *[FILLER] * fillers]
            if len(sequence) > len(row):
                continue
            score = best_alignment(row, tuple(sequence)) + bonus * len(words) - grammar.filler * sum(gaps)
            best = max(best, score)
    return best


@pytest.mark.parametrize("filler", [0.5, 4.0, 90.0])
def test_score_equals_brute_force(filler: float) -> None:
    grammar = compile_grammar(parse_grammar(SMALL.format(filler=filler)), TOKENS, SCALE)
    decoder = IntentDecoder(grammar)
    generator = np.random.default_rng(round(10 * filler))
    for steps in (1, 2, 3, 4, 5) * 3:
        logits = generator.integers(-30, 31, (steps, len(TOKENS))).astype(np.int8)
        decoder.reset()
        for row in logits:
            decoder.push(row)
        assert decoder.result().score == brute_force(grammar, logits)


def spoken(text: str) -> list[int]:
    return [TOKENS.index(f"▁{word}") for word in text.split()]


@pytest.mark.parametrize(
    ("text", "intent", "slots"),
    [
        ("stop", "stop", {}),
        ("turn on the living room red", "switch", {"state": "on", "room": "living room", "colour": "red"}),
        ("turn off warm white the room", "switch", {"state": "off", "room": "room", "colour": "warm white"}),
        ("please turn off white", "switch", {"state": "off", "colour": "warm white"}),
        ("lights on", "switch", {"state": "on"}),
        ("turn", None, {}),
        ("turn on on", None, {}),
        ("banana", None, {}),
    ],
)
def test_meaning_of_a_transcript(
    lamp: CompiledGrammar, text: str, intent: str | None, slots: dict[str, str]
) -> None:
    meaning = exact_meaning(lamp, spoken(text))
    assert (meaning.intent, meaning.slots) == (intent, slots)


@pytest.mark.parametrize(
    ("text", "slots"),
    [
        ("banana turn banana on banana the kitchen banana", {"state": "on", "room": "kitchen"}),
        ("turn on the warm", {"state": "on", "colour": "warm white"}),
        ("turn on the living", {"state": "on", "room": "living room"}),
    ],
)
def test_recognised_words_may_be_more_or_fewer(
    lamp: CompiledGrammar, text: str, slots: dict[str, str]
) -> None:
    meaning = interpret_words(lamp, spoken(text))
    assert (meaning.intent, meaning.slots) == ("switch", slots)


def test_a_part_that_could_mean_two_values_means_none() -> None:
    text = (
        "version = 1\n[penalties]\nmissing = 1.0\n[slots]\ns = ['warm white', 'warm red', 'on']\n"
        "[intents]\nswitch = 'turn [{s}]'\n"
    )
    grammar = compile_grammar(parse_grammar(text), TOKENS, SCALE)
    assert interpret_words(grammar, spoken("turn warm")).slots == {}
    assert interpret_words(grammar, spoken("turn white")).slots == {"s": "warm white"}


def test_silence_is_no_command_and_reset_forgets(lamp: CompiledGrammar) -> None:
    decoder = IntentDecoder(lamp)
    fresh = decoder.result()
    assert fresh == Interpretation(None, {}, FLOOR, 0)
    decoder.push(np.zeros(len(TOKENS), np.int8))
    assert decoder.result().intent is not None
    decoder.reset()
    assert decoder.result() == fresh


def test_a_low_score_is_rejected() -> None:
    text = "version = 1\nreject = 10.0\n[intents]\nstop = 'stop'\n"
    decoder = IntentDecoder(compile_grammar(parse_grammar(text), TOKENS, SCALE))
    row = np.full(len(TOKENS), -128, np.int8)
    row[0] = -40
    decoder.push(row)
    assert decoder.result().intent is None
    decoder.reset()
    row[TOKENS.index("▁stop")] = -80  # 40 logit steps of 0.25 nats: just enough
    decoder.push(row)
    assert decoder.result().intent == "stop"


def test_words_of_another_kind_are_no_command(lamp: CompiledGrammar) -> None:
    assert interpret_words(lamp, spoken("kitchen banana the red")).intent is None
    assert interpret_words(lamp, [len(TOKENS), -1]).intent is None
    assert interpret_words(lamp, []).intent is None

"""Greedy decoding, CTC and transducer, step by step, and the text of token ids."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from skipstone.quantize.corpora.tokens import WORD_START
from skipstone.quantize.models.config import CONTEXT_TOKENS, Head
from skipstone.quantize.tflite.metadata import read_tokens
from skipstone.quantize.tflite.model import Model


class GreedyDecoder(Protocol):
    """Takes the best token of every step; ``ids`` are the tokens of the utterance so far."""

    ids: list[int]

    def reset(self) -> None:
        """Start a new utterance."""

    def push(self, best: int) -> int | None:
        """Take the argmax of one step; return the token id that it adds, if any."""

    def inputs(self) -> tuple[NDArray[Any], ...]:
        """What the model's next step reads beside features and gate bias."""


class GreedyCtc:
    """Best-path decoding (Graves et al. 2006, section 3.2): merge repeats, drop blanks.

    Args:
        blank: index of the blank.
    """

    def __init__(self, blank: int = 0) -> None:
        self._blank = blank
        self.reset()

    def reset(self) -> None:
        """Start a new utterance."""
        self._previous = self._blank
        self.ids: list[int] = []

    def push(self, best: int) -> int | None:
        """Take the argmax of one step; return the token id that it adds, if any."""
        emitted = best not in (self._previous, self._blank)
        self._previous = best
        if not emitted:
            return None
        self.ids.append(best)
        return best

    def inputs(self) -> tuple[()]:
        """CTC feeds nothing back."""
        return ()


class GreedyTransducer:
    """At most one symbol a step: what is not the blank is written, and the predictor sees it from then on.

    Args:
        blank: index of the blank.
    """

    def __init__(self, blank: int = 0) -> None:
        self._blank = blank
        self.reset()

    def reset(self) -> None:
        """Start a new utterance."""
        self._previous = [self._blank] * CONTEXT_TOKENS
        self.ids: list[int] = []

    def push(self, best: int) -> int | None:
        """Take the argmax of one step; return the token id that it adds, if any."""
        if best == self._blank:
            return None
        self._previous = [*self._previous[1:], best]
        self.ids.append(best)
        return best

    def inputs(self) -> tuple[NDArray[np.int32]]:
        """The model's input ``previous``: the last tokens, int32[1, CONTEXT_TOKENS], oldest first."""
        return (np.array([self._previous], np.int32),)


def greedy_decoder(head: Head, blank: int = 0) -> GreedyDecoder:
    """The decoder of a head, at the start of an utterance."""
    return GreedyCtc(blank) if head == "ctc" else GreedyTransducer(blank)


def decoder_of(model: Model) -> GreedyDecoder:
    """The decoder of the head that the model's ``TOKENS`` name; CTC where it has none."""
    tokens = read_tokens(model)
    return GreedyCtc() if tokens is None else greedy_decoder(tokens.head, tokens.blank)


def greedy_ctc(best: Iterable[int], blank: int = 0) -> list[int]:
    """Token ids of a whole utterance from the argmax of each step."""
    return greedy_ids(best, "ctc", blank)


def greedy_ids(best: Iterable[int], head: Head, blank: int = 0) -> list[int]:
    """Token ids of a whole utterance from the argmax of each step, by the decoder of ``head``."""
    decoder = greedy_decoder(head, blank)
    for token in best:
        decoder.push(token)
    return decoder.ids


def best_token(logits: NDArray[np.int8]) -> int:
    """Index of the largest logit of one step; the lowest index where several are equal."""
    return int(np.argmax(logits.reshape(-1)))


def decode_ids(ids: Iterable[int], tokens: Sequence[str]) -> str:
    """Text of token ids: tokens joined, ``▁`` is a space."""
    return "".join(tokens[i] for i in ids).replace(WORD_START, " ").strip()

"""Greedy CTC decoding, step by step, and the text of token ids."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray
from skipstone.quantize.corpora.tokens import WORD_START


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


def greedy_ctc(best: Iterable[int], blank: int = 0) -> list[int]:
    """Token ids of a whole utterance from the argmax of each step."""
    decoder = GreedyCtc(blank)
    for token in best:
        decoder.push(token)
    return decoder.ids


def best_token(logits: NDArray[np.int8]) -> int:
    """Index of the largest logit of one step; the lowest index where several are equal."""
    return int(np.argmax(logits.reshape(-1)))


def decode_ids(ids: Iterable[int], tokens: Sequence[str]) -> str:
    """Text of token ids: tokens joined, ``▁`` is a space."""
    return "".join(tokens[i] for i in ids).replace(WORD_START, " ").strip()

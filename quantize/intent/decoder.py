"""Viterbi decoding of a grammar on CTC logits, in integers; the C twin is ``firmware/runtime/intent/``.

The best path through the automaton and the CTC lattice (Graves et al. 2006, section 3; the maximum instead of
the sum over alignments). A score is the sum over steps of (logit of the path's token − largest logit of the
step), less penalties: 0 for the greedy path itself, so it says how much less likely the command is than
anything at all. The softmax's normalisation is the same for all paths of a step and drops out.

All paths are kept, there is no beam: work and memory of a step are fixed. A path remembers the slot values
that it has passed, packed in 64 bits, instead of a back-pointer a step.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from skipstone.quantize.intent.compile import CompiledGrammar

FLOOR = -(2**29)


@dataclass(frozen=True)
class Interpretation:
    """What a command means.

    Attributes:
        intent: name of the intent, or None where the utterance is no command.
        slots: slot → value.
        score: of the best path, in logit steps; ``FLOOR`` where no path reaches an end.
        steps: steps taken.
    """

    intent: str | None
    slots: Mapping[str, str]
    score: int
    steps: int


class IntentDecoder:
    """Token passing over a compiled grammar.

    A node holds one path, the best that ends there. Every state has a node for waiting (a blank was last) and
    one for filling (in words outside the grammar), every arc one for saying its word. The nodes that are in a
    state stand together: waiting, filling, then the arcs that enter it; the first of equals counts.
    """

    def __init__(self, grammar: CompiledGrammar) -> None:
        self._grammar = grammar
        states, arcs = grammar.states, len(grammar.source)
        own = np.arange(states)
        target = np.concatenate([own, own, np.repeat(own, np.diff(grammar.first_arc))])
        order = np.argsort(target, kind="stable")  # waiting, filling, arcs of every state
        self._target = target[order]
        self._first = np.searchsorted(self._target, own)
        self._source = np.concatenate([own, own, grammar.source])[order]
        none = np.full(states, -1)
        self._token = np.concatenate([none, none, grammar.token])[order]
        blank, filler = np.full(states, grammar.blank), np.full(states, grammar.vocabulary)
        self._emission = np.concatenate([blank, filler, grammar.token])[order]
        zero = np.zeros(states, np.int64)
        self._penalty = np.concatenate([zero, zero + grammar.filler, grammar.penalty])[order]
        self._add = np.concatenate([zero.astype(np.uint64), zero.astype(np.uint64), grammar.add])[order]
        self._index = np.arange(2 * states + arcs)
        self._words = np.delete(np.arange(grammar.vocabulary), grammar.blank)
        self.reset()

    def reset(self) -> None:
        """Start a new utterance."""
        self._score = np.full(len(self._index), FLOOR)
        self._score[self._first[0]] = 0
        self._history = np.zeros(len(self._index), np.uint64)
        self._steps = 0

    def push(self, logits: NDArray[np.int8]) -> None:
        """Take the int8 logits of one step, of any shape with ``vocabulary`` elements."""
        row = logits.reshape(-1).astype(np.int64)
        row -= row.max()
        emission = np.append(row, row[self._words].max())[self._emission]
        best = self._best(self._score)
        spoken = self._token[best][self._target]
        other = self._best(np.where((self._token == spoken) & (spoken >= 0), FLOOR, self._score))
        # CTC: a word that follows itself needs a blank between, so it is entered from another token.
        repeated = (self._token >= 0) & (self._token[best][self._source] == self._token)
        before = np.where(repeated, other[self._source], best[self._source])
        enter = self._score[before] - self._penalty
        stay = self._score >= enter
        self._history = np.where(stay, self._history, self._history[before] + self._add)
        self._score = np.maximum(np.where(stay, self._score, enter) + emission, FLOOR)
        self._steps += 1

    def _best(self, scores: NDArray[np.int64]) -> NDArray[np.int64]:
        """The best node in each state, the first of equals."""
        highest = np.maximum.reduceat(scores, self._first)
        candidates = np.where(scores == highest[self._target], self._index, len(self._index))
        return np.minimum.reduceat(candidates, self._first)

    def result(self) -> Interpretation:
        """The best path that may end here."""
        grammar = self._grammar
        best = self._best(self._score)
        ends = np.flatnonzero(grammar.final >= 0)
        state = int(ends[self._score[best[ends]].argmax()])
        score = int(self._score[best[state]])
        if score <= FLOOR or (grammar.reject >= 0 and score < -grammar.reject):
            return Interpretation(None, {}, score, self._steps)
        history = int(self._history[best[state]])
        return interpretation(grammar, int(grammar.final[state]), history, score, self._steps)


def interpretation(
    grammar: CompiledGrammar, intent: int, history: int, score: int, steps: int
) -> Interpretation:
    """Names of an intent and of the slot values in a history."""
    slots = {}
    for field in grammar.slots:
        value = history >> field.shift & ((1 << field.bits) - 1)
        if value:
            slots[field.name] = field.values[value - 1]
    return Interpretation(grammar.intents[intent], slots, score, steps)

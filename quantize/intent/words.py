"""The meaning of words, with the same automaton as the logits: of a transcript, and of recognised words."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from skipstone.quantize.intent.compile import HISTORY_BITS, CompiledGrammar
from skipstone.quantize.intent.decoder import FLOOR, Interpretation, interpretation

_Paths = dict[int, tuple[int, int]]
"""Best path by state: score and history."""


def exact_meaning(grammar: CompiledGrammar, words: Sequence[int]) -> Interpretation:
    """What a transcript means that keeps to the grammar word for word.

    Args:
        grammar: compiled.
        words: token ids; a number that no token has is a word outside the grammar.

    Returns:
        The meaning with the least penalties; intent None where the grammar does not have these words.
    """
    return _meaning(grammar, words, fills=False)


def interpret_words(grammar: CompiledGrammar, words: Sequence[int]) -> Interpretation:
    """What recognised words mean: a word outside the grammar is skipped at the cost of ``filler``.

    A word of a slot value may be missing if the grammar has the penalty ``missing``, but none is put in the
    place of another. ``reject`` is a likelihood against other words and does not apply.
    """
    return _meaning(grammar, words, fills=True)


def _meaning(grammar: CompiledGrammar, words: Sequence[int], fills: bool) -> Interpretation:
    paths: _Paths = {0: (0, 0)}
    for word in words:
        onward = _said(grammar, paths, word)
        if fills:
            for state, (score, history) in paths.items():
                _keep(onward, state, score - grammar.filler, history)
        paths = onward
    ends = [
        (score, -state, history) for state, (score, history) in paths.items() if grammar.final[state] >= 0
    ]
    if not ends:
        return Interpretation(None, {}, FLOOR, len(words))
    score, state, history = max(ends)
    return interpretation(grammar, int(grammar.final[-state]), history, score, len(words))


def _said(grammar: CompiledGrammar, paths: _Paths, word: int) -> _Paths:
    """Paths after ``word`` of the grammar."""
    onward: _Paths = {}
    for arc in np.flatnonzero(grammar.token == word):
        source = int(grammar.source[arc])
        target = int(np.searchsorted(grammar.first_arc, arc, side="right")) - 1
        if source in paths:
            score, history = paths[source]
            added = (history + int(grammar.add[arc])) % 2**HISTORY_BITS
            _keep(onward, target, score - int(grammar.penalty[arc]), added)
    return onward


def _keep(paths: _Paths, state: int, score: int, history: int) -> None:
    """The better of a new path and the one that is there; the older of equals."""
    if state not in paths or paths[state][0] < score:
        paths[state] = (score, history)

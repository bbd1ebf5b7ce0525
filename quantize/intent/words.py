"""The meaning of words, with the same automaton as the logits: of a transcript, and of recognised words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from skipstone.quantize.intent.compile import CompiledGrammar
from skipstone.quantize.intent.decoder import IntentDecoder, Interpretation, interpretation

_HEARD, _OTHER = 127, -128


def exact_meaning(grammar: CompiledGrammar, words: Sequence[int]) -> Interpretation:
    """What a transcript means that keeps to the grammar word for word.

    Args:
        grammar: compiled.
        words: token ids.

    Returns:
        The meaning with the least penalties; intent None where the grammar does not have these words.
    """
    paths: dict[int, tuple[int, int]] = {0: (0, 0)}  # state → score, history
    targets = np.repeat(np.arange(grammar.states), np.diff(grammar.first_arc))
    for word in words:
        onward: dict[int, tuple[int, int]] = {}
        for arc in np.flatnonzero(grammar.token == word):
            source, target = int(grammar.source[arc]), int(targets[arc])
            if source not in paths:
                continue
            score, history = paths[source]
            score, history = score - int(grammar.penalty[arc]), (history + int(grammar.add[arc])) % 2**64
            if target not in onward or onward[target][0] < score:
                onward[target] = (score, history)
        paths = onward
    ends = [(score, state, history) for state, (score, history) in paths.items() if grammar.final[state] >= 0]
    if not ends:
        return Interpretation(None, {}, 0, len(words))
    score, state, history = max(ends)
    return interpretation(grammar, int(grammar.final[state]), history, score, len(words))


def interpret_words(grammar: CompiledGrammar, words: Sequence[int]) -> Interpretation:
    """What recognised words mean: words outside the grammar are skipped, at the cost of ``filler``.

    Every word is given to the decoder as a step in which nothing else is likely, with a blank after it. So a
    word of a slot value may be missing if the grammar has the penalty ``missing``, but none is put in the
    place of another. ``reject`` is a likelihood against other words and does not apply: here there are none.
    """
    decoder = IntentDecoder(replace(grammar, reject=-1))
    row = np.full(grammar.vocabulary, _OTHER, np.int8)
    for word in words:
        for heard in (word, grammar.blank):
            row[:] = _OTHER
            row[heard] = _HEARD
            decoder.push(row)
    return decoder.result()

"""Which step of the board wrote which word, and which spoken word that is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import jiwer
from skipstone.quantize.corpora.manifest import Word
from skipstone.quantize.corpora.tokens import WORD_START


@dataclass(frozen=True)
class WrittenWord:
    """A recognised word and the step of its last token, counted from 0: there it is complete."""

    text: str
    step: int


def written_words(emitted: Sequence[int], tokens: Sequence[str]) -> list[WrittenWord]:
    """Words of the tokens that a board wrote.

    Args:
        emitted: token of each step, −1 where none was written.
        tokens: the vocabulary; a token that starts a word begins with ``▁``.
    """
    words: list[WrittenWord] = []
    for step, index in enumerate(emitted):
        if index < 0:
            continue
        token = tokens[index]
        if token.startswith(WORD_START) or not words:
            words.append(WrittenWord(token.removeprefix(WORD_START), step))
        else:
            words[-1] = WrittenWord(words[-1].text + token, step)
    return words


def recognised(spoken: Sequence[Word], written: Sequence[WrittenWord]) -> Iterator[tuple[Word, WrittenWord]]:
    """Pairs of spoken and written words that jiwer's alignment (fewest edits) finds equal."""
    if not spoken or not written:
        return
    reference, hypothesis = (" ".join(word.text for word in words) for words in (spoken, written))
    for chunk in jiwer.process_words(reference, hypothesis).alignments[0]:
        if chunk.type == "equal":
            length = chunk.ref_end_idx - chunk.ref_start_idx
            for offset in range(length):
                yield spoken[chunk.ref_start_idx + offset], written[chunk.hyp_start_idx + offset]

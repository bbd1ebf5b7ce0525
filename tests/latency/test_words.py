"""Words of a board's token trace, and their partners among the spoken words."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from skipstone.quantize.corpora.manifest import Word
from skipstone.quantize.evaluation.decode import decode_ids
from skipstone.tools.latency.words import WrittenWord, recognised, written_words

TOKENS = ("<blank>", "▁one", "▁twen", "ty", "▁two", "s")


def spoken(text: str) -> list[Word]:
    return [Word(text=word, start=i, end=i + 0.5) for i, word in enumerate(text.split())]


def test_a_word_is_written_with_its_last_token() -> None:
    emitted = [-1, 1, -1, 2, -1, 3, -1, 4, 4, -1]
    assert written_words(emitted, TOKENS) == [
        WrittenWord("one", 1),
        WrittenWord("twenty", 5),
        WrittenWord("two", 7),
        WrittenWord("two", 8),
    ]
    assert written_words([3, 1], TOKENS) == [WrittenWord("ty", 0), WrittenWord("one", 1)]
    assert written_words([-1, -1], TOKENS) == []


@given(st.lists(st.integers(-1, len(TOKENS) - 1).filter(lambda token: token != 0), max_size=20))
def test_words_are_the_decoded_text(emitted: list[int]) -> None:
    words = written_words(emitted, TOKENS)
    assert " ".join(word.text for word in words) == decode_ids([t for t in emitted if t >= 0], TOKENS)
    assert [word.step for word in words] == sorted(word.step for word in words)


def test_only_words_that_the_alignment_finds_equal_are_paired() -> None:
    written = [WrittenWord("a", 3), WrittenWord("x", 5), WrittenWord("c", 9), WrittenWord("d", 11)]
    pairs = [(word.start, got.step) for word, got in recognised(spoken("a b c c d"), written)]
    assert pairs[0] == (0, 3)
    assert pairs[-1] == (4, 11)
    assert len(pairs) == 3, "b was written as x, one c not at all"
    assert list(recognised([], written)) == []
    assert list(recognised(spoken("a"), [])) == []

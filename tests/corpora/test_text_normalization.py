"""Transcripts of any spelling become the words that models are trained on."""

from __future__ import annotations

import sys
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from skipstone.quantize.corpora.text_normalization import TextError, normalize_text

CASES = {
    "  Turn ON\tthe light! ": "turn on the light",
    "I’d like 2 lattes, please.": "i'd like two lattes please",
    "set to 21% & more": "set to twenty one percent and more",
    "the 3rd floor, 21st street": "the third floor twenty first street",
    "2.5 degrees": "two point five degrees",
    "1,200 people": "one thousand two hundred people",
    "1,2,3": "one two three",
    "0049 1234567": "zero zero four nine one two three four five six seven",
    "7:30 a.m.": "seven thirty a m",
    "10k x2": "ten k x two",
    "rock 'n' roll 'quoted'": "rock n roll quoted",
    "CAFÉ Straße": "café straße",
    "<unk> — … 🙂": "unk",
    "1" + 400 * "0" + "st": " ".join(["one", *400 * ["zero"]]),
    "": "",
    " -- ": "",
}


@pytest.mark.parametrize("text", CASES)
def test_rule(text: str) -> None:
    pytest.importorskip("num2words")
    assert normalize_text(text) == CASES[text]


@given(st.text(max_size=40))
def test_any_text_becomes_words_and_stays_so(text: str) -> None:
    pytest.importorskip("num2words")
    words = normalize_text(text)
    assert normalize_text(words) == words
    assert words == " ".join(words.split())
    assert all(c in " '" or unicodedata.category(c)[0] in "LM" for c in words)


def test_digits_without_num2words_are_an_error_and_words_are_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "num2words", None)
    assert normalize_text("No digits.") == "no digits"
    with pytest.raises(TextError, match="num2words"):
        normalize_text("7 lattes")

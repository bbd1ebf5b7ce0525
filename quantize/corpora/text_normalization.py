"""Spelling of transcripts: how any text becomes the lower-case words that models are trained on."""

from __future__ import annotations

import re
import unicodedata

from skipstone.quantize.errors import SkipstoneError

_APOSTROPHES = str.maketrans("’‘ʼ`´", "'''''")
_SYMBOLS = {"&": " and ", "%": " percent ", "+": " plus "}
_GROUPED = re.compile(r"(?<![\d,.])(\d{1,3}(?:,\d{3})+)(?![\d,])")
_NUMBER = re.compile(r"(\d+)(?:\.(\d+))?(?:(st|nd|rd|th)\b)?")
_LONGEST_CARDINAL = 6


class TextError(SkipstoneError):
    """A text cannot be normalised."""


def normalize_text(text: str) -> str:
    """Lower-case words parted by single blanks.

    The rule, in this order: Unicode NFKC and lower case; ``& % +`` become words; numbers are spelled out in
    English (``21`` twenty one, ``3rd`` third, ``2.5`` two point five, ``1,200`` one thousand two hundred;
    with a leading zero or more than six digits: digit by digit); an apostrophe stays inside a word;
    everything else that is no letter becomes a blank.

    Raises:
        TextError: the text has digits and num2words is not installed.
    """
    text = unicodedata.normalize("NFKC", text).lower().translate(_APOSTROPHES)
    for symbol, word in _SYMBOLS.items():
        text = text.replace(symbol, word)
    text = _GROUPED.sub(lambda match: match[1].replace(",", ""), text)
    text = _NUMBER.sub(_spell, text)
    kept = "".join(c if c == "'" or unicodedata.category(c)[0] in "LM" else " " for c in text)
    words = (word.strip("'") for word in unicodedata.normalize("NFKC", kept).lower().split())
    return " ".join(word for word in words if word)


def _spell(match: re.Match[str]) -> str:
    whole, decimals, ordinal = match.groups()
    if decimals is not None:
        return f" {_cardinal(whole)} point {_digits(decimals)} {ordinal or ''} "
    if ordinal and len(whole) <= _LONGEST_CARDINAL:
        return f" {_words(int(whole), ordinal=True)} "
    return f" {_cardinal(whole)} "


def _cardinal(digits: str) -> str:
    if len(digits) > _LONGEST_CARDINAL or (len(digits) > 1 and int(digits[0]) == 0):
        return _digits(digits)
    return _words(int(digits))


def _digits(digits: str) -> str:
    return " ".join(_words(int(digit)) for digit in digits)


def _words(value: int, ordinal: bool = False) -> str:
    try:
        from num2words import num2words
    except ImportError as error:
        raise TextError(
            "a text with digits needs num2words to spell them",
            "pip install 'skipstone[train]', or write the numbers as words",
        ) from error
    return str(num2words(value, ordinal=ordinal)).replace("-", " ").replace(",", "")

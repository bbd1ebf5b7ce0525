"""C text from Python values: identifiers, comments, strings and array initialisers."""

from __future__ import annotations

import re
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

LINE_WIDTH = 128
_KEYWORDS = (
    "auto break case char const continue default do double else enum extern float for goto if inline int "
    "long register restrict return short signed sizeof static struct switch typedef union unsigned void "
    "volatile while bool true false int8_t int16_t int32_t uint8_t uint16_t uint32_t memcpy memset main step "
    "offsetof"
)


class Names:
    """Hands out C identifiers, every one once.

    Args:
        reserved: identifiers that must not be given out.
    """

    def __init__(self, reserved: Iterable[str] = ()) -> None:
        self._taken = set(_KEYWORDS.split()) | set(reserved)

    def make(self, name: str) -> str:
        """A valid identifier that reads like ``name``; a second one of the same gets ``_2``."""
        plain = re.sub(r"[^A-Za-z0-9]+", "_", name).strip("_")[:100].lower() or "unnamed"
        plain = f"n{plain}" if plain[0].isdigit() else plain
        candidate, count = plain, 1
        while candidate in self._taken:
            count += 1
            candidate = f"{plain}_{count}"
        self._taken.add(candidate)
        return candidate

    @property
    def taken(self) -> frozenset[str]:
        """Everything that is in use."""
        return frozenset(self._taken)


def comment_text(text: str) -> str:
    """Text from a model file, safe inside a C comment."""
    return re.sub(r"[^A-Za-z0-9_/.:+,=()\[\] -]", "_", text).replace("*/", "__").replace("/*", "__")[:200]


def string_literal(text: str) -> str:
    """A C string literal in UTF-8."""
    return f'"{"".join(_escaped(character) for character in text)}"'


def _escaped(character: str) -> str:
    if character in '"\\?':
        return f"\\{character}"
    if character.isprintable():
        return character
    return "".join(f"\\{byte:03o}" for byte in character.encode("utf-8", "surrogatepass"))


def array_rows(data: NDArray[np.generic]) -> list[str]:
    """Lines of an array initialiser: unsigned words in hexadecimal, everything else in decimal."""
    flat = data.ravel()
    if flat.dtype == np.uint32:
        return _wrap([f"0x{int(value):08X}U" for value in flat], 10)
    width = max((len(str(int(value))) for value in flat), default=1)
    lowest = np.iinfo(np.int32).min
    texts = ["INT32_MIN" if int(value) == lowest else str(int(value)).rjust(width) for value in flat]
    per_line = 16 if width <= 4 else 8
    return _wrap(texts, per_line)


def _wrap(texts: list[str], per_line: int) -> list[str]:
    return [f"    {', '.join(texts[i : i + per_line])}," for i in range(0, len(texts), per_line)]


def grouped(number: int) -> str:
    """``1234567`` → ``1,234,567``."""
    return f"{number:,}"


def call(function: str, arguments: list[str], indent: str = "    ") -> list[str]:
    """A call statement, broken once if it is too long for a line."""
    line = f"{indent}{function}({', '.join(arguments)});"
    if len(line) <= LINE_WIDTH:
        return [line]
    aligned = " " * (len(indent) + len(function) + 1)
    half = len(arguments) // 2
    return [f"{indent}{function}({', '.join(arguments[:half])},", f"{aligned}{', '.join(arguments[half:])});"]

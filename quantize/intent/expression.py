"""Phrase expressions: the notation of grammars, parsed to a tree.

The notation is that of JSGF (Java Speech Grammar Format, W3C note 2000) with two additions: ``{slot}`` for a
slot and ``&`` for parts in any order, each once (interleave as in RELAX NG, section 7, but of whole parts).

    a b        sequence            [a]       optional        <name>    a named phrase of the grammar
    a | b      alternatives        (a b)     group           {slot}    any value of the slot
    a & b      both, in any order
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import NoReturn

from skipstone.quantize.intent.errors import GrammarError

_SYMBOL = re.compile(r"\s*(?:([()\[\]|&])|<([^<>]*)>|\{([^{}]*)\}|([^\s()\[\]|&<>{}]+))")
_MAX_DEPTH = 32


@dataclass(frozen=True)
class Word:
    """One spoken word."""

    text: str


@dataclass(frozen=True)
class Phrase:
    """Reference to a named phrase."""

    name: str


@dataclass(frozen=True)
class Slot:
    """Reference to a slot."""

    name: str


@dataclass(frozen=True)
class Sequence:
    """Parts one after the other; empty: nothing is said."""

    parts: tuple[Expression, ...]


@dataclass(frozen=True)
class Choice:
    """One of the parts."""

    parts: tuple[Expression, ...]


@dataclass(frozen=True)
class Interleave:
    """All parts, each once, in any order."""

    parts: tuple[Expression, ...]


Expression = Word | Phrase | Slot | Sequence | Choice | Interleave


def parse_expression(text: str, where: str) -> Expression:
    """Parse one expression.

    Args:
        text: in the notation of this module.
        where: what it is part of, for messages, such as ``slots.size``.

    Raises:
        GrammarError: the text is empty, a bracket is not closed, or an operator has no operand.
    """
    return _Parser(text, where).parse()


class _Parser:
    """Recursive descent; from weak to strong binding: ``|``, ``&``, sequence."""

    def __init__(self, text: str, where: str) -> None:
        self._text, self._where = text, where
        self._symbols = self._scan()
        self._next = 0
        self._depth = 0

    def _scan(self) -> list[tuple[str, str]]:
        symbols, position, end = [], 0, len(self._text.rstrip())
        while position < end:
            match = _SYMBOL.match(self._text, position)
            if match is None:
                self._fail(f"cannot read {self._text[position:].strip()[:20]!r}")
            operator, phrase, slot, word = match.groups()
            if operator is not None:
                symbols.append((operator, operator))
            elif phrase is not None:
                symbols.append(("phrase", phrase.strip()))
            elif slot is not None:
                symbols.append(("slot", slot.strip()))
            else:
                symbols.append(("word", word.lower()))
            position = match.end()
        return symbols

    def _fail(self, reason: str) -> NoReturn:
        raise GrammarError(
            f"{self._where}: {reason} in {self._text!r}",
            "write words, (a | b), [optional], a & b, <phrase> and {slot}, with every bracket closed",
        )

    def _peek(self) -> str:
        return self._symbols[self._next][0] if self._next < len(self._symbols) else ""

    def parse(self) -> Expression:
        if not self._symbols:
            self._fail("nothing is said")
        tree = self._choice()
        if self._peek():
            self._fail(f"{self._peek()!r} has no opening bracket")
        return tree

    def _choice(self) -> Expression:
        parts = [self._interleave()]
        while self._peek() == "|":
            self._next += 1
            parts.append(self._interleave())
        return parts[0] if len(parts) == 1 else Choice(tuple(parts))

    def _interleave(self) -> Expression:
        parts = [self._sequence()]
        while self._peek() == "&":
            self._next += 1
            parts.append(self._sequence())
        return parts[0] if len(parts) == 1 else Interleave(tuple(parts))

    def _sequence(self) -> Expression:
        parts = []
        while self._peek() and self._peek() not in ")]|&":
            parts.append(self._atom())
        if not parts:
            self._fail("an operator or a bracket has nothing beside it")
        return parts[0] if len(parts) == 1 else Sequence(tuple(parts))

    def _atom(self) -> Expression:
        kind, text = self._symbols[self._next]
        self._next += 1
        if kind == "word":
            return Word(text)
        if kind in ("phrase", "slot"):
            if not text:
                self._fail(f"a {kind} has no name")
            return Phrase(text) if kind == "phrase" else Slot(text)
        self._depth += 1
        if self._depth > _MAX_DEPTH:
            self._fail(f"brackets are nested deeper than {_MAX_DEPTH}")
        inner = self._choice()
        closing = ")" if kind == "(" else "]"
        if self._peek() != closing:
            self._fail(f"{closing!r} is missing")
        self._next += 1
        self._depth -= 1
        return inner if kind == "(" else Choice((inner, Sequence(())))

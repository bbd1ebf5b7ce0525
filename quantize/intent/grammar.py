"""Grammar files: intents, slots and their values, synonyms and phrases, in TOML."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice, product
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from skipstone.quantize.intent.errors import GrammarError
from skipstone.quantize.intent.expression import (
    Choice,
    Expression,
    Interleave,
    Phrase,
    Sequence,
    Slot,
    Word,
    parse_expression,
)

MAX_VALUES = 1024
MAX_VALUE_BYTES = 64
_MAX_NESTING = 16
Name = Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_]{0,31}$")]
Penalty = Annotated[float, Field(ge=0, le=100)]


class _Table(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Penalties(_Table):
    """What departures from the grammar cost, in nats (natural logarithm of a probability).

    Attributes:
        filler: a word that the grammar does not have (on logits: a stretch without a blank).
        missing: a word of a slot value that was not heard, where the rest of it can mean only this value;
            None: values are said in full.
        word: every word of the grammar. Less than 0 makes up for words that the model tends to drop.
    """

    filler: Penalty = 6.0
    missing: Penalty | None = None
    word: Annotated[float, Field(ge=-20, le=20)] = 0.0


class SlotTable(_Table):
    """``[slots.NAME]``: values as expressions, and other ways to say a value."""

    values: Annotated[list[str], Field(min_length=1)]
    synonyms: dict[str, list[str]] = {}


class GrammarFile(_Table):
    """The file as written; ``reject`` is in nats."""

    version: Literal[1]
    penalties: Penalties = Penalties()
    reject: Annotated[float, Field(ge=0)] | None = None
    phrases: dict[Name, str] = {}
    slots: dict[Name, SlotTable | list[str]] = {}
    intents: Annotated[dict[Name, list[str] | str], Field(min_length=1)]


@dataclass(frozen=True)
class SlotGrammar:
    """A slot.

    Attributes:
        values: what the slot can be, in the order of the file.
        sayings: every way to say a value, in words, and the index of the value it means.
    """

    values: tuple[str, ...]
    sayings: Mapping[tuple[str, ...], int]


@dataclass(frozen=True)
class Grammar:
    """A parsed grammar, all references resolved."""

    penalties: Penalties
    reject: float | None
    phrases: Mapping[str, Expression]
    slots: Mapping[str, SlotGrammar]
    intents: Mapping[str, tuple[Expression, ...]]


def read_grammar(path: Path) -> Grammar:
    """Read a grammar file.

    Raises:
        GrammarError: the file cannot be read or is malformed; the message names the table.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise GrammarError(
            f"cannot read grammar {path}: {error}", "check the path and its encoding (UTF-8)"
        ) from error
    return parse_grammar(text, str(path))


def parse_grammar(text: str, source: str = "grammar") -> Grammar:
    """Parse the text of a grammar file; ``source`` names it in messages.

    Raises:
        GrammarError: see :func:`read_grammar`.
    """
    try:
        file = GrammarFile.model_validate(tomllib.loads(text))
    except (ValueError, RecursionError) as error:
        first = error.errors()[0] if isinstance(error, ValidationError) else None
        reason = f"{'.'.join(map(str, first['loc']))}: {first['msg']}" if first else str(error)
        raise GrammarError(
            f"{source} is not a grammar ({reason})",
            "write version = 1, [intents], and optionally [phrases], [slots], [penalties]",
        ) from error
    phrases = {
        name: parse_expression(text, f"{source}: phrases.{name}") for name, text in file.phrases.items()
    }
    slots = {}
    for name, table in file.slots.items():
        plain = table if isinstance(table, SlotTable) else SlotTable(values=table)
        slots[name] = _slot(plain, phrases, f"{source}: slots.{name}")
    intents = {}
    for name, patterns in file.intents.items():
        rows = [patterns] if isinstance(patterns, str) else patterns
        where = f"{source}: intents.{name}"
        if not rows:
            raise GrammarError(f"{where} has no pattern", "write at least one expression")
        intents[name] = tuple(parse_expression(row, where) for row in rows)
        for expression in intents[name]:
            _check(expression, phrases, slots, where)
    return Grammar(file.penalties, file.reject, phrases, slots, intents)


def _slot(table: SlotTable, phrases: Mapping[str, Expression], where: str) -> SlotGrammar:
    sayings: dict[tuple[str, ...], int] = {}
    for text in table.values:
        for words in _expansions(parse_expression(text, where), phrases, where):
            sayings.setdefault(words, len(sayings))
            if len(sayings) > MAX_VALUES:
                raise GrammarError(f"{where} has more than {MAX_VALUES} values", "split the slot")
    values = tuple(" ".join(words) for words in sayings)
    long = [value for value in values if len(value.encode()) > MAX_VALUE_BYTES]
    if long:
        raise GrammarError(
            f"{where}: {long[0]!r} is longer than {MAX_VALUE_BYTES} bytes",
            "use a shorter value with a synonym",
        )
    for value, texts in table.synonyms.items():
        if value not in values:
            raise GrammarError(
                f"{where}: synonyms of {value!r}, which is no value", "name a value of the slot"
            )
        for text in texts:
            for words in _expansions(parse_expression(text, where), phrases, where):
                index = sayings.setdefault(words, values.index(value))
                if index != values.index(value):
                    raise GrammarError(
                        f"{where}: {' '.join(words)!r} means both {values[index]!r} and {value!r}",
                        "let every saying mean one value",
                    )
    return SlotGrammar(values, sayings)


def _expansions(
    expression: Expression, phrases: Mapping[str, Expression], where: str
) -> Iterator[tuple[str, ...]]:
    """All word sequences of an expression without slots, in the order of the text."""
    for words in _expand(expression, phrases, where, 0):
        if not words:
            raise GrammarError(f"{where}: a value can be said with no word", "let a value have a word")
        yield words


def _expand(
    expression: Expression, phrases: Mapping[str, Expression], where: str, depth: int
) -> Iterator[tuple[str, ...]]:
    match expression:
        case Word(text):
            yield (text,)
        case Phrase(name):
            yield from _expand(_phrase(name, phrases, where, depth), phrases, where, depth + 1)
        case Sequence(parts):
            choices = [_bounded(_expand(part, phrases, where, depth)) for part in parts]
            for combination in product(*choices):
                yield tuple(word for words in combination for word in words)
        case Choice(parts):
            for part in parts:
                yield from _expand(part, phrases, where, depth)
        case Slot(name):
            raise GrammarError(f"{where}: a slot inside a slot ({name})", "refer to slots in intents only")
        case Interleave():
            raise GrammarError(f"{where}: & inside a slot's value", "write the orders as alternatives")


def _bounded(rows: Iterator[tuple[str, ...]]) -> list[tuple[str, ...]]:
    """At most one more than a slot may have: enough for the caller to see that there are too many."""
    return list(islice(rows, MAX_VALUES + 1))


def _phrase(name: str, phrases: Mapping[str, Expression], where: str, depth: int) -> Expression:
    if name not in phrases:
        raise GrammarError(f"{where}: there is no phrase <{name}>", "add it to [phrases]")
    if depth > _MAX_NESTING:
        raise GrammarError(f"{where}: phrase <{name}> refers to itself", "phrases cannot be recursive")
    return phrases[name]


def _check(
    expression: Expression,
    phrases: Mapping[str, Expression],
    slots: Mapping[str, SlotGrammar],
    where: str,
    depth: int = 0,
) -> frozenset[str]:
    """The slots that it can fill.

    Raises:
        GrammarError: a reference that does not exist, a recursive phrase, or a slot that is filled twice.
    """
    match expression:
        case Word():
            return frozenset()
        case Phrase(name):
            return _check(_phrase(name, phrases, where, depth), phrases, slots, where, depth + 1)
        case Slot(name):
            if name not in slots:
                raise GrammarError(f"{where}: there is no slot {{{name}}}", "add it to [slots]")
            return frozenset([name])
        case Choice(parts):
            return frozenset().union(*(_check(part, phrases, slots, where, depth) for part in parts))
        case Sequence(parts) | Interleave(parts):
            filled: frozenset[str] = frozenset()
            for part in parts:
                more = _check(part, phrases, slots, where, depth)
                if filled & more:
                    raise GrammarError(
                        f"{where}: slot {min(filled & more)} can be filled twice",
                        "let a slot come once in every alternative",
                    )
                filled |= more
            return filled

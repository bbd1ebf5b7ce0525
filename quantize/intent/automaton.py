"""Finite automata of words: from expressions to the smallest deterministic one.

Thompson's construction, the subset construction and Moore's partition refinement (Hopcroft, Motwani, Ullman,
*Introduction to Automata Theory*, sections 3.2, 2.3 and 4.4). An arc's label is a word together with what the
decoder does there, so determinisation never merges two meanings.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from skipstone.quantize.intent.errors import GrammarError
from skipstone.quantize.intent.expression import (
    Choice,
    Expression,
    Interleave,
    Phrase,
    Sequence,
    Slot,
    Word,
)

MAX_STATES = 20_000
_MAX_INTERLEAVED = 8


class Label(NamedTuple):
    """What an arc does.

    Attributes:
        word: the word that is said.
        slot: the slot that the word belongs to, or empty.
        add: what the word adds to the slot; the sum over a saying is the index of its value plus one.
        missing: words of the saying that were left out, told on its last word.
    """

    word: str
    slot: str = ""
    add: int = 0
    missing: int = 0


class Arc(NamedTuple):
    """From ``source`` to ``target`` under ``label``."""

    source: int
    label: Label
    target: int


@dataclass(frozen=True)
class Automaton:
    """Deterministic: no two arcs of a state have the same label.

    Attributes:
        states: number of states; state 0 is the start.
        arcs: ordered by target, then source, then label.
        finals: state → index of the intent that may end there.
    """

    states: int
    arcs: tuple[Arc, ...]
    finals: Mapping[int, int]


@dataclass
class Builder:
    """A nondeterministic automaton under construction.

    Args:
        phrases: expressions by name.
        sayings: slot → the ways to fill it, each a sequence of labels.
    """

    phrases: Mapping[str, Expression]
    sayings: Mapping[str, Iterable[tuple[Label, ...]]]
    arcs: list[Arc] = field(default_factory=list)
    silent: list[tuple[int, int]] = field(default_factory=list)
    states: int = 0

    def state(self) -> int:
        """A new state.

        Raises:
            GrammarError: there are too many.
        """
        if self.states >= MAX_STATES:
            raise GrammarError(
                f"the grammar needs more than {MAX_STATES:,} states",
                "interleave fewer parts, or split slots with many values",
            )
        self.states += 1
        return self.states - 1

    def add(self, expression: Expression, start: int) -> int:
        """Append ``expression`` after ``start``; return the state where it ends."""
        match expression:
            case Word(text):
                return self._path((Label(text),), start, self.state())
            case Phrase(name):
                return self.add(self.phrases[name], start)
            case Sequence(parts):
                for part in parts:
                    start = self.add(part, start)
                return start
            case Choice(parts):
                end = self.state()
                self.silent += [(self.add(part, start), end) for part in parts]
                return end
            case Slot(name):
                end = self.state()
                for labels in self.sayings[name]:
                    self._path(labels, start, end)
                return end
            case Interleave(parts):
                return self._interleave(parts, start)

    def _path(self, labels: tuple[Label, ...], start: int, end: int) -> int:
        for i, label in enumerate(labels):
            target = end if i == len(labels) - 1 else self.state()
            self.arcs.append(Arc(start, label, target))
            start = target
        return end

    def _interleave(self, parts: tuple[Expression, ...], start: int) -> int:
        """One state for every set of parts that has been said."""
        if len(parts) > _MAX_INTERLEAVED:
            raise GrammarError(
                f"{len(parts)} parts are interleaved", f"interleave at most {_MAX_INTERLEAVED}"
            )
        full = (1 << len(parts)) - 1
        said = {0: start} | {subset: self.state() for subset in range(1, full + 1)}
        for subset, state in said.items():
            for i, part in enumerate(parts):
                if not subset >> i & 1:
                    self.silent.append((self.add(part, state), said[subset | 1 << i]))
        return said[full]


def determinise(builder: Builder, start: int, ends: Mapping[int, int]) -> Automaton:
    """The smallest deterministic automaton.

    Args:
        builder: the automaton.
        start: its start.
        ends: final states → intent; where several intents end, the lowest counts.
    """
    closure = _closures(builder)
    leaving = defaultdict(list)
    for arc in builder.arcs:
        leaving[arc.source].append(arc)
    first = closure(frozenset([start]))
    numbers, queue, arcs = {first: 0}, [first], []
    for subset in queue:  # grows while it is walked
        by_label: dict[Label, set[int]] = defaultdict(set)
        for state in sorted(subset):
            for arc in leaving[state]:
                by_label[arc.label].add(arc.target)
        for label in sorted(by_label):
            target = closure(frozenset(by_label[label]))
            if target not in numbers:
                numbers[target] = len(numbers)
                queue.append(target)
            arcs.append(Arc(numbers[subset], label, numbers[target]))
    finals = {}
    for subset, number in numbers.items():
        intents = [ends[state] for state in subset if state in ends]
        if intents:
            finals[number] = min(intents)
    return _minimise(len(numbers), arcs, finals)


def _closures(builder: Builder) -> Callable[[frozenset[int]], frozenset[int]]:
    onward = defaultdict(list)
    for source, target in builder.silent:
        onward[source].append(target)

    def closure(states: frozenset[int]) -> frozenset[int]:
        reached, stack = set(states), list(states)
        while stack:
            for target in onward[stack.pop()]:
                if target not in reached:
                    reached.add(target)
                    stack.append(target)
        return frozenset(reached)

    return closure


def _minimise(states: int, arcs: list[Arc], finals: Mapping[int, int]) -> Automaton:
    """Merge states that cannot be told apart. Every state here is reachable and can reach an end."""
    leaving = defaultdict(list)
    for arc in arcs:
        leaving[arc.source].append(arc)
    classes = _numbered([finals.get(state, -1) for state in range(states)])
    while True:
        signatures = [
            (classes[state], tuple((arc.label, classes[arc.target]) for arc in leaving[state]))
            for state in range(states)
        ]
        refined = _numbered(signatures)
        if max(refined) == max(classes):
            break
        classes = refined
    merged = {Arc(classes[arc.source], arc.label, classes[arc.target]) for arc in arcs}
    ordered = sorted(merged, key=lambda arc: (arc.target, arc.source, arc.label))
    return Automaton(max(classes) + 1, tuple(ordered), {classes[s]: i for s, i in finals.items()})


def _numbered(keys: Iterable[Hashable]) -> list[int]:
    """Numbers of equal keys, in the order in which they first come; so the start keeps number 0."""
    numbers: dict[Hashable, int] = {}
    return [numbers.setdefault(key, len(numbers)) for key in keys]

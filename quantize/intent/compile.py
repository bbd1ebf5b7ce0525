"""Grammar and tokens of a model → integer tables that the decoder walks over, on host and board."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from skipstone.quantize.corpora.tokens import WORD_START
from skipstone.quantize.intent.automaton import Automaton, Builder, Label, determinise
from skipstone.quantize.intent.errors import GrammarError
from skipstone.quantize.intent.grammar import Grammar, SlotGrammar

HISTORY_BITS = 64
MAX_SLOTS = 32
MAX_PENALTY = 32_767
_MAX_COUNT = 65_535


@dataclass(frozen=True)
class SlotField:
    """Bits ``shift … shift + bits − 1`` of a history hold a slot: 0 for no value, else value + 1."""

    name: str
    values: tuple[str, ...]
    shift: int
    bits: int


@dataclass(frozen=True)
class CompiledGrammar:
    """An automaton over tokens. All penalties are in units of one logit step (``logit_scale`` nats).

    Attributes:
        vocabulary: logits of a step.
        blank: the CTC blank.
        logit_scale: nats of one unit.
        intents, slots: names and values.
        first_arc: int[states + 1]; arcs ``first_arc[s] … first_arc[s + 1] − 1`` enter state ``s``.
        source: int[arcs]; state that the arc leaves. State 0 is the start.
        token: int[arcs]; what must be emitted.
        add: uint64[arcs]; added to the history, modulo 2^64.
        penalty: int[arcs]; paid on entering the arc, may be negative.
        final: int[states]; intent that may end in the state, −1 for none.
        filler: paid on entering a stretch of words that the grammar does not have.
        reject: a result whose score is lower than this many units is no command; −1 where none is given.
    """

    vocabulary: int
    blank: int
    logit_scale: float
    intents: tuple[str, ...]
    slots: tuple[SlotField, ...]
    first_arc: NDArray[np.int64]
    source: NDArray[np.int64]
    token: NDArray[np.int64]
    add: NDArray[np.uint64]
    penalty: NDArray[np.int64]
    final: NDArray[np.int64]
    filler: int
    reject: int

    @property
    def states(self) -> int:
        """Number of states."""
        return len(self.final)


def compile_grammar(
    grammar: Grammar, tokens: Sequence[str], logit_scale: float, blank: int = 0
) -> CompiledGrammar:
    """Compile ``grammar`` for a model.

    Args:
        grammar: what can be said.
        tokens: the model's tokens by index; a word is one token.
        logit_scale: nats of one unit of the int8 logits.
        blank: index of the blank.

    Raises:
        GrammarError: a word is no token, an intent can be said with no word, slots need more than 64 bits,
            or the automaton is too large.
    """
    slots = _fields(grammar.slots)
    automaton = build_automaton(grammar)
    index = {token: number for number, token in enumerate(tokens) if number != blank}
    missing = sorted({arc.label.word for arc in automaton.arcs if WORD_START + arc.label.word not in index})
    if missing:
        raise GrammarError(
            f"{len(missing)} words of the grammar are no tokens of the model: {', '.join(missing[:12])}",
            "say it with the model's words, or train with texts that have these words",
        )
    if 0 in automaton.finals:
        intent = list(grammar.intents)[automaton.finals[0]]
        raise GrammarError(f"intent {intent} can be said with no word", "let a pattern have a word")
    if max(automaton.states, len(automaton.arcs), len(tokens)) > _MAX_COUNT:
        raise GrammarError(f"the automaton has {len(automaton.arcs):,} arcs", "split slots with many values")
    shifts = {slot.name: slot.shift for slot in slots}
    labels = [arc.label for arc in automaton.arcs]
    penalties = grammar.penalties
    entering = Counter(arc.target for arc in automaton.arcs)
    first_arc = np.cumsum([0, *(entering[state] for state in range(automaton.states))])
    return CompiledGrammar(
        vocabulary=len(tokens),
        blank=blank,
        logit_scale=logit_scale,
        intents=tuple(grammar.intents),
        slots=slots,
        first_arc=first_arc,
        source=np.array([arc.source for arc in automaton.arcs]),
        token=np.array([index[WORD_START + label.word] for label in labels]),
        add=np.array(
            [(label.add << shifts.get(label.slot, 0)) % 2**HISTORY_BITS for label in labels], np.uint64
        ),
        penalty=np.array(
            [
                _units(penalties.word + label.missing * (penalties.missing or 0), logit_scale)
                for label in labels
            ]
        ),
        final=np.array([automaton.finals.get(state, -1) for state in range(automaton.states)]),
        filler=_units(penalties.filler, logit_scale),
        reject=-1 if grammar.reject is None else _units(grammar.reject, logit_scale),
    )


def build_automaton(grammar: Grammar) -> Automaton:
    """The smallest automaton of all intents."""
    partial = {} if grammar.penalties.missing is None else _partial_sayings(grammar.slots)
    builder = Builder(grammar.phrases, _labelled(grammar.slots, partial))
    start, ends = builder.state(), {}
    for intent, expressions in enumerate(grammar.intents.values()):
        for expression in expressions:
            entry, end = builder.state(), builder.state()
            builder.silent.append((start, entry))
            builder.silent.append((builder.add(expression, entry), end))
            ends[end] = intent
    return determinise(builder, start, ends)


def _units(nats: float, logit_scale: float) -> int:
    units = round(nats / logit_scale)
    if abs(units) > MAX_PENALTY:
        raise GrammarError(
            f"a penalty of {nats} nats is {units:,} logit steps",
            f"keep it below {MAX_PENALTY * logit_scale:.4g}",
        )
    return units


def _fields(slots: Mapping[str, SlotGrammar]) -> tuple[SlotField, ...]:
    if len(slots) > MAX_SLOTS:
        raise GrammarError(f"the grammar has {len(slots)} slots", f"use at most {MAX_SLOTS}")
    fields, shift = [], 0
    for name, slot in slots.items():
        bits = len(slot.values).bit_length()
        fields.append(SlotField(name, slot.values, shift, bits))
        shift += bits
    if shift > HISTORY_BITS:
        raise GrammarError(
            f"the slots need {shift} bits, {HISTORY_BITS} are kept", "use fewer slots, or fewer values"
        )
    return tuple(fields)


def _labelled(
    slots: Mapping[str, SlotGrammar], partial: Mapping[tuple[str, ...], tuple[str, int]]
) -> dict[str, list[tuple[Label, ...]]]:
    """Every way to say a value, complete or with a word missing, as labels."""
    result = {}
    for name, slot in slots.items():
        sayings = {words: (value, 0) for words, value in slot.sayings.items()}
        sayings |= {words: (value, 1) for words, (owner, value) in partial.items() if owner == name}
        result[name] = _pushed(name, sayings)
    return result


def _pushed(name: str, sayings: Mapping[tuple[str, ...], tuple[int, int]]) -> list[tuple[Label, ...]]:
    """Labels whose additions sum to value + 1, as early as the words allow.

    Weight pushing (Mohri, *Minimization algorithms for sequential transducers*, 2000): after it "a lot of"
    adds the same whatever follows, so minimisation keeps one copy of what follows. An addition may be
    negative.
    """
    sums: dict[tuple[str, ...], int] = {}
    for words, (value, _) in sayings.items():
        for length in range(1, len(words)):
            prefix = words[:length]
            sums[prefix] = min(sums.get(prefix, value + 1), value + 1)
    sums |= {words: value + 1 for words, (value, _) in sayings.items()}
    sums[()] = 0
    rows = []
    for words, (_, missing) in sayings.items():
        steps = [sums[words[: i + 1]] - sums[words[:i]] for i in range(len(words))]
        labels = [Label(word, name, add) for word, add in zip(words, steps, strict=True)]
        rows.append((*labels[:-1], labels[-1]._replace(missing=missing)))
    return rows


def _partial_sayings(slots: Mapping[str, SlotGrammar]) -> dict[tuple[str, ...], tuple[str, int]]:
    """Sayings with one word left out that still mean one value of one slot only."""
    meanings: dict[tuple[str, ...], set[tuple[str, int]]] = {}
    complete = {words for slot in slots.values() for words in slot.sayings}
    for name, slot in slots.items():
        for words, value in slot.sayings.items():
            for left_out in range(len(words)):
                rest = words[:left_out] + words[left_out + 1 :]
                if rest and rest not in complete:
                    meanings.setdefault(rest, set()).add((name, value))
    return {words: owners.pop() for words, owners in meanings.items() if len(owners) == 1}

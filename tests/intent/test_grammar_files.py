"""Grammar files: what they mean, and what is refused with its place and a remedy."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lamp_grammar import LAMP, SCALE, TOKENS
from skipstone.quantize.intent.compile import compile_grammar
from skipstone.quantize.intent.errors import GrammarError
from skipstone.quantize.intent.expression import Choice, Interleave, Sequence, Slot, Word, parse_expression
from skipstone.quantize.intent.grammar import parse_grammar, read_grammar

MINIMAL = 'version = 1\n[intents]\ngo = "go"\n'


def test_expressions_bind_sequence_before_interleave_before_choice() -> None:
    tree = parse_expression("a b & {s} | [C]", "x")
    assert tree == Choice(
        (Interleave((Sequence((Word("a"), Word("b"))), Slot("s"))), Choice((Word("c"), Sequence(()))))
    )


@pytest.mark.parametrize(
    "text", ["", "(a", "a)", "a | ", "& a", "[]", "<>", "{", "a > b", "(" * 40 + "a" + ")" * 40]
)
def test_malformed_expressions_are_refused(text: str) -> None:
    with pytest.raises(GrammarError, match=r"intents\.go"):
        parse_expression(text, "intents.go")


@given(st.text(alphabet="ab ()[]|&<>{}\n", max_size=30))
def test_any_text_is_an_expression_or_a_grammar_error(text: str) -> None:
    try:
        parse_expression(text, "x")
    except GrammarError as error:
        assert error.remedy


def test_values_are_expanded_in_order_and_synonyms_mean_a_value() -> None:
    slots = parse_grammar(LAMP).slots
    assert slots["room"].values == ("living room", "room", "kitchen")
    assert slots["colour"].values == ("red", "warm white")
    assert slots["colour"].sayings[("white",)] == 1


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("version = 2\n[intents]\ngo = 'go'", "version"),
        ("version = 1", "intents"),
        ("version = 1\n[intents]\n'a b' = 'go'", "intents"),
        ("version = 1\n[intent]\ngo = 'go'", "intent"),
        ("not toml", "not a grammar"),
        (MINIMAL + "stop = '<nothing>'", "no phrase <nothing>"),
        (MINIMAL + "stop = '{nothing}'", "no slot {nothing}"),
        (MINIMAL + "stop = []", "no pattern"),
        (MINIMAL + "stop = '<a>'\n[phrases]\na = 'x <b>'\nb = '<a>'", "refers to itself"),
        (MINIMAL + "stop = '{s} {s}'\n[slots]\ns = ['a']", "filled twice"),
        (MINIMAL + "[slots]\ns = ['[a]']", "no word"),
        (MINIMAL + "[slots]\ns = ['a & b']", "&"),
        (MINIMAL + "[slots]\ns = ['{s}']", "slot inside a slot"),
        (MINIMAL + "[slots]\ns = ['" + "(a|b)" * 11 + "']", "more than 1024 values"),
        (MINIMAL + "[slots]\ns = ['" + "((a|b)(c|d))" * 30 + "']", "more than 1024 values"),
        (MINIMAL + "[slots]\ns = ['" + "long " * 20 + "']", "longer than 64"),
        (MINIMAL + "[slots.s]\nvalues = ['a', 'b']\nsynonyms = {a = ['b']}", "means both"),
        (MINIMAL + "[slots.s]\nvalues = ['a']\nsynonyms = {c = ['b']}", "no value"),
        (MINIMAL + "[penalties]\nfiller = -1", "filler"),
    ],
)
def test_malformed_grammars_are_refused(text: str, message: str) -> None:
    with pytest.raises(GrammarError, match=message.replace("{", r"\{")) as caught:
        parse_grammar(text, "my.toml")
    assert "my.toml" in caught.value.cause


def test_missing_files_are_refused(tmp_path: Path) -> None:
    with pytest.raises(GrammarError, match="cannot read"):
        read_grammar(tmp_path / "absent.toml")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (MINIMAL, "no tokens of the model: go"),
        ("version = 1\n[intents]\nstop = '[stop]'", "with no word"),
        ("version = 1\n[penalties]\nfiller = 100\n[intents]\nstop = 'stop'", "penalty of 100"),
    ],
)
def test_what_a_model_cannot_decode_is_refused(text: str, message: str) -> None:
    with pytest.raises(GrammarError, match=message):
        compile_grammar(parse_grammar(text), TOKENS, 1e-4 if "filler" in text else SCALE)


def test_too_many_slots_for_the_history_are_refused() -> None:
    values = "(red | on | off | stop | turn | the | room | white) " * 3
    slots = "".join(f"s{i} = ['{values}']\n" for i in range(7))
    text = f"version = 1\n[slots]\n{slots}[intents]\ngo = 'stop {{s0}}'\n"
    with pytest.raises(GrammarError, match="bits"):
        compile_grammar(parse_grammar(text), TOKENS, SCALE)


def test_the_shipped_grammar_compiles_for_the_shipped_model() -> None:
    from skipstone.quantize.intent.model import grammar_for_model
    from skipstone.quantize.tflite.reader import read_model

    folder = Path(__file__).parents[2] / "models" / "commands"
    model = read_model((folder / "model.tflite").read_bytes())
    grammar = grammar_for_model(model, read_grammar(folder / "grammar.toml"))
    assert grammar.intents == ("orderDrink",)
    assert sum(field.bits for field in grammar.slots) <= 32

"""INTENT: the application decodes commands of its grammar, as the host does."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from host_app import FAKE_MODEL, HostApp, compile_host_app
from skipstone.firmware.codegen.emission.grammar_source import grammar_files
from skipstone.quantize.intent.compile import CompiledGrammar, compile_grammar
from skipstone.quantize.intent.decoder import FLOOR, IntentDecoder
from skipstone.quantize.intent.grammar import parse_grammar
from skipstone.tools.protocol import messages as m

TOKENS = ("<blank>", "▁turn", "▁on", "▁the", "▁light", "s", "▁off", "▁", "a", "b", "c", "d")
FEATURES = 160
GRAMMAR = """
version = 1
[slots]
state = ["on", "off"]
thing = ["the light"]
[intents]
switch = "turn [{state}] [{thing}]"
"""


@pytest.fixture(scope="module")
def grammar() -> CompiledGrammar:
    return compile_grammar(parse_grammar(GRAMMAR), TOKENS, 0.1)


@pytest.fixture(scope="module")
def program(grammar: CompiledGrammar, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The application with the hand-made model and a grammar."""
    folder = tmp_path_factory.mktemp("intent_app")
    shutil.copytree(FAKE_MODEL, folder / "model")
    for name, text in grammar_files(grammar, "lights.toml").items():
        (folder / "model" / name).write_text(text)
    (folder / "model" / "kernels.txt").write_text("intent/ss_intent.c\n")
    return compile_host_app(folder / "app", folder / "model")


@pytest.fixture
def understanding_app(program: Path) -> Iterator[HostApp]:
    with HostApp(program) as running:
        yield running


def say(app: HostApp, tokens: list[int]) -> m.StepFeaturesReply:
    """Steps whose best logits are ``tokens``."""
    features = np.zeros((len(tokens), FEATURES), np.int8)
    features[np.arange(len(tokens)), tokens] = 100
    reply = app.ask(m.StepFeaturesRequest(len(tokens), int(m.StepFlags.LOGITS), FEATURES, 2, features, None))
    assert isinstance(reply, m.StepFeaturesReply)
    return reply


def intent(app: HostApp) -> m.IntentReply:
    reply = app.ask(m.IntentRequest())
    assert isinstance(reply, m.IntentReply), reply
    return reply


@pytest.mark.parametrize(
    ("tokens", "name", "slots"),
    [
        ([1, 0, 6, 6, 0, 3, 4], "switch", {"state": "off", "thing": "the light"}),
        ([0, 1, 0, 2], "switch", {"state": "on"}),
        ([9, 1, 0, 3, 4], "switch", {"thing": "the light"}),
    ],
)
def test_commands_have_intent_and_slots(
    understanding_app: HostApp, tokens: list[int], name: str, slots: dict[str, str]
) -> None:
    say(understanding_app, tokens)
    reply = intent(understanding_app)
    assert (reply.is_command, reply.intent, reply.steps) == (1, name, len(tokens))
    assert dict(zip(reply.slots, reply.values, strict=True)) == slots
    assert reply.instructions > 0


def test_every_prefix_equals_the_host(understanding_app: HostApp, grammar: CompiledGrammar) -> None:
    decoder = IntentDecoder(grammar)
    for token in np.random.default_rng(3).integers(0, 7, 60).tolist():
        logits = say(understanding_app, [token]).logits
        assert logits is not None
        decoder.push(logits[0])
        expected, reply = decoder.result(), intent(understanding_app)
        assert (reply.intent or None, reply.score, reply.steps) == (
            expected.intent,
            expected.score,
            expected.steps,
        )
        assert dict(zip(reply.slots, reply.values, strict=True)) == expected.slots


def test_reset_forgets_the_command(understanding_app: HostApp) -> None:
    say(understanding_app, [1, 0, 2])
    understanding_app.ask(m.ResetRequest())
    reply = intent(understanding_app)
    assert (reply.is_command, reply.intent, reply.score, reply.steps) == (0, "", FLOOR, 0)
    assert (reply.count, reply.instructions) == (0, 0)


def test_without_a_grammar_the_request_is_refused(app: HostApp) -> None:
    reply = app.ask(m.IntentRequest())
    assert isinstance(reply, m.ErrorReply)
    assert m.ErrorCode(reply.code) is m.ErrorCode.NO_GRAMMAR

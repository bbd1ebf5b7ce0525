"""Fixtures of the intent tests."""

from __future__ import annotations

import pytest
from lamp_grammar import LAMP, SCALE, TOKENS
from skipstone.quantize.intent.compile import CompiledGrammar, compile_grammar
from skipstone.quantize.intent.grammar import parse_grammar


@pytest.fixture
def lamp() -> CompiledGrammar:
    """The small grammar, compiled."""
    return compile_grammar(parse_grammar(LAMP), TOKENS, SCALE)

"""The C decoder equals the host's, integer for integer, over long random streams with resets."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from c_decoder import CDecoder
from lamp_grammar import TOKENS
from numpy.typing import NDArray
from skipstone.firmware.codegen.emission.grammar_source import grammar_files, working_bytes
from skipstone.quantize.intent.compile import CompiledGrammar, compile_grammar
from skipstone.quantize.intent.decoder import IntentDecoder
from skipstone.quantize.intent.grammar import parse_grammar

OK, ARGUMENT, MEMORY = 0, 1, 3


@pytest.fixture(scope="module")
def speech() -> NDArray[np.int8]:
    """Streams with spikes, ties and saturated values: int8[streams, steps, vocabulary]."""
    generator = np.random.default_rng(7)
    logits = generator.integers(-128, -90, (24, 60, len(TOKENS)))
    logits[..., 0] = -20
    spikes = generator.integers(0, len(TOKENS), logits.shape[:2])
    np.put_along_axis(logits, spikes[..., None], 10, axis=2)
    logits[::3] = generator.integers(-128, 128, logits[::3].shape)
    logits[1::3] = generator.integers(-2, 2, logits[1::3].shape)
    return logits.astype(np.int8)


def test_streams_mean_the_same_in_c(lamp: CompiledGrammar, speech: NDArray[np.int8], tmp_path: Path) -> None:
    host, board = IntentDecoder(lamp), CDecoder(lamp, tmp_path)
    commands = 0
    for stream in speech:
        host.reset()
        board.reset()
        for row in stream:
            host.push(row)
            board.push(row)
            assert board.result() == host.result()
        commands += host.result().intent is not None
    assert commands > 10


def test_a_grammar_of_64_bits_without_filler_words(tmp_path: Path, speech: NDArray[np.int8]) -> None:
    slots = "".join(f"s{i} = ['(red | on | off) (stop | room | white | the) [kitchen]']\n" for i in range(12))
    order = " ".join(f"[{{s{i}}}]" for i in range(12))
    text = f"version = 1\nreject = 80\n[slots]\n{slots}[intents]\ngo = 'turn {order}'\n"
    grammar = compile_grammar(parse_grammar(text), TOKENS, 0.25)
    assert sum(field.bits for field in grammar.slots) == 60
    host, board = IntentDecoder(grammar), CDecoder(grammar, tmp_path)
    for stream in speech[:6]:
        host.reset()
        board.reset()
        for row in stream:
            host.push(row)
        board.push(stream)
        assert board.result() == host.result()


def test_memory_is_checked(lamp: CompiledGrammar, tmp_path: Path) -> None:
    c = CDecoder(lamp, tmp_path).c
    assert c.needed() == working_bytes(lamp)
    assert c.start_with(0, working_bytes(lamp)) == OK
    assert c.start_with(0, working_bytes(lamp) - 1) == MEMORY
    assert c.start_with(4, working_bytes(lamp)) == MEMORY


def test_the_same_grammar_gives_the_same_bytes(lamp: CompiledGrammar) -> None:
    assert grammar_files(lamp, "a/lamp.toml") == grammar_files(lamp, "a/lamp.toml")

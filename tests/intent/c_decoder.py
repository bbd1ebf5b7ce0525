"""The C decoder compiled for the host, called through ctypes."""

from __future__ import annotations

import ctypes
import subprocess
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from skipstone.firmware.codegen.emission.grammar_source import grammar_files
from skipstone.quantize.intent.compile import CompiledGrammar
from skipstone.quantize.intent.decoder import Interpretation
from skipstone.tools.build.sources import FIRMWARE_FOLDER, WARNINGS

_PROGRAM = """
#include "grammar.h"

static _Alignas(SS_ALIGNMENT) uint8_t memory[GRAMMAR_BYTES];
static ss_intent intent;

int start(void) { return ss_intent_init(&intent, &ss_generated_grammar, memory, sizeof memory); }
int start_with(uint32_t offset, uint32_t bytes) {
    return ss_intent_init(&intent, &ss_generated_grammar, memory + offset, bytes);
}
uint32_t needed(void) { return GRAMMAR_BYTES; }
void reset(void) { ss_intent_reset(&intent); }
void push(const int8_t *logits, uint32_t steps) {
    const size_t width = ss_generated_grammar.token_count;
    for (uint32_t i = 0; i < steps; i++) ss_intent_push(&intent, logits + i * width);
}
void end(int32_t *intent_score_steps, uint64_t *history) {
    const ss_intent_result result = ss_intent_end(&intent);
    intent_score_steps[0] = result.intent;
    intent_score_steps[1] = result.score;
    intent_score_steps[2] = (int32_t)result.steps;
    *history = result.history;
}
int32_t slot(uint64_t history, uint16_t index) {
    return ss_intent_slot(&ss_generated_grammar, history, index);
}
"""


class CDecoder:
    """Same methods as the host's decoder.

    Args:
        grammar: compiled.
        folder: where to build, empty.
    """

    def __init__(self, grammar: CompiledGrammar, folder: Path) -> None:
        self._grammar = grammar
        for name, text in grammar_files(grammar, "test.toml").items():
            (folder / name).write_text(text)
        (folder / "program.c").write_text(_PROGRAM)
        runtime = FIRMWARE_FOLDER / "runtime"
        sources = [folder / "program.c", folder / "grammar.c", runtime / "intent" / "ss_intent.c"]
        library = folder / "decoder.so"
        flags = ["-std=c11", "-O2", "-shared", "-fPIC", *WARNINGS, f"-I{folder}", f"-I{runtime / 'include'}"]
        subprocess.run(["gcc", *flags, *map(str, sources), "-o", str(library)], check=True)
        self.c = ctypes.CDLL(str(library))
        assert self.c.start() == 0

    def reset(self) -> None:
        """Start a new utterance."""
        self.c.reset()

    def push(self, logits: NDArray[np.int8]) -> None:
        """One step, or several: int8[steps, vocabulary]."""
        rows = np.ascontiguousarray(logits.reshape(-1, self._grammar.vocabulary))
        self.c.push(rows.ctypes.data_as(ctypes.c_void_p), len(rows))

    def result(self) -> Interpretation:
        """What the C says, with the names of the grammar."""
        numbers, history = (ctypes.c_int32 * 3)(), ctypes.c_uint64()
        self.c.end(numbers, ctypes.byref(history))
        intent, score, steps = numbers
        if intent < 0:
            return Interpretation(None, {}, score, steps)
        slots: dict[str, str] = {}
        for index, slot in enumerate(self._grammar.slots):
            value = self.c.slot(history, index)
            if value >= 0:
                slots[slot.name] = slot.values[value]
        return Interpretation(self._grammar.intents[intent], slots, score, steps)

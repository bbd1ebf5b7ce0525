"""A grammar beside a model: its C files, what the build needs for it, and its entry in ``codegen.json``."""

from __future__ import annotations

import json
from pathlib import Path

from skipstone.firmware.codegen.emission.grammar_source import grammar_files, table_bytes, working_bytes
from skipstone.quantize.intent.compile import CompiledGrammar
from skipstone.quantize.intent.grammar import read_grammar
from skipstone.quantize.intent.model import grammar_for_model
from skipstone.quantize.tflite.reader import read_model

RUNTIME_SOURCE = "intent/ss_intent.c"


def add_grammar(files: dict[str, str], data: bytes, path: Path) -> dict[str, str]:
    """The files of a generated model together with those of a grammar.

    Args:
        files: text by file name, from the model alone.
        data: the .tflite.
        path: grammar file.

    Raises:
        GrammarError: the file is malformed, or cannot be decoded with this model.
    """
    grammar = grammar_for_model(read_model(data), read_grammar(path))
    kernels = sorted({*files["kernels.txt"].split(), RUNTIME_SOURCE})
    table = json.loads(files["codegen.json"]) | {"grammar": _summary(grammar, path)}
    return {
        **files,
        **grammar_files(grammar, path.name),
        "kernels.txt": "\n".join(kernels) + "\n",
        "codegen.json": json.dumps(table, indent=1, ensure_ascii=False) + "\n",
    }


def _summary(grammar: CompiledGrammar, path: Path) -> dict[str, object]:
    return {
        "name": path.name,
        "intents": list(grammar.intents),
        "slots": {slot.name: len(slot.values) for slot in grammar.slots},
        "states": grammar.states,
        "arcs": len(grammar.source),
        "working_bytes": working_bytes(grammar),
        "table_bytes": table_bytes(grammar),
    }

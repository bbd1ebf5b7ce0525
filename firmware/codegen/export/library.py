"""A generated model as a folder that a product can take: sources, headers, CMake, PlatformIO and an example.

include/       skipstone.h, model.h, and the front end's and grammar's headers where the model has them
src/           generated C and the runtime sources that it uses, with the headers that these include
example/       main.c, start-up by semihosting, linker script and toolchain file of the board
CMakeLists.txt, library.json, codegen.json, README.md, LICENSE
"""

from __future__ import annotations

import importlib.metadata
import json
import re
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from skipstone.firmware.codegen.boards import Board
from skipstone.firmware.codegen.errors import CodegenError
from skipstone.firmware.codegen.generate import Generated, generate_in_memory
from skipstone.firmware.codegen.summary import RUNTIME_FOLDER
from skipstone.quantize.artefacts import write_file, write_folder

EXAMPLE = Path(__file__).parent / "example"
TEMPLATES = Path(__file__).parent / "templates"
_PUBLIC_HEADERS = ("skipstone.h", "model.h", "ss_log_mel.h", "ss_intent.h", "grammar.h")
"""What a product includes, as far as the model has it; what these include is public as well."""
_INCLUDE = re.compile(r'^\s*#include "([^"]+)"', re.MULTILINE)
_CHECKOUT_LICENCE = RUNTIME_FOLDER.parents[1] / "LICENSE"


def export_library(path: Path, board: Board, output: Path, grammar: Path | None = None) -> Generated:
    """Write the library of the model at ``path`` into the folder ``output``, which is replaced.

    Args:
        path: the .tflite.
        board: target; the library suits every board of the same core.
        output: folder to write.
        grammar: grammar file whose intents the library is to decode, if any.

    Returns:
        What was generated; ``files`` are those of the folder, by relative path.

    Raises:
        GrammarError, TfliteError, UnsupportedModelError, BoardLimitError: as :func:`generate.generate`.
    """
    generated = generate_in_memory(path, board, grammar)
    library = Generated(generated.model, library_files(generated, board))
    with write_folder(output) as folder:
        for name, text in library.files.items():
            write_file(folder / name, text)
    return library


def library_files(generated: Generated, board: Board) -> dict[str, str]:
    """Text of every file by its path in the folder."""
    named = generated.files["kernels.txt"].split()
    texts = {name: text for name, text in generated.files.items() if name.endswith((".c", ".h"))}
    texts |= {Path(name).name: (RUNTIME_FOLDER / name).read_text(encoding="utf-8") for name in named}
    texts |= {name: path.read_text(encoding="utf-8") for name, path in _needed_headers(texts).items()}
    public = _closure([name for name in _PUBLIC_HEADERS if name in texts], texts)
    sources = sorted(name for name in texts if name.endswith(".c"))
    files = {f"{'include' if name in public else 'src'}/{name}": text for name, text in texts.items()}
    files |= {
        f"example/{path.name}": path.read_text(encoding="utf-8") for path in sorted(EXAMPLE.glob("*.[ch]"))
    }
    return {
        **files,
        **_descriptions(generated, board, sources, sorted(public)),
        "codegen.json": generated.files["codegen.json"],
        "LICENSE": licence_text(),
    }


def _needed_headers(texts: dict[str, str]) -> dict[str, Path]:
    """Headers of the runtime that ``texts`` include, directly or through another header."""
    runtime = {path.name: path for path in RUNTIME_FOLDER.rglob("*.h")}
    needed: dict[str, Path] = {}
    waiting = list(texts.values())
    while waiting:
        for name in _INCLUDE.findall(waiting.pop()):
            if name in runtime and name not in needed and name not in texts:
                needed[name] = runtime[name]
                waiting.append(runtime[name].read_text(encoding="utf-8"))
    return needed


def _closure(roots: list[str], texts: dict[str, str]) -> set[str]:
    """``roots`` and every file of ``texts`` that they include."""
    reached: set[str] = set()
    waiting = list(roots)
    while waiting:
        name = waiting.pop()
        if name in texts and name not in reached:
            reached.add(name)
            waiting += _INCLUDE.findall(texts[name])
    return reached


def _descriptions(
    generated: Generated, board: Board, sources: list[str], public: list[str]
) -> dict[str, str]:
    """Build files and README."""
    model = generated.model
    others = [f"`{name}`" for name in public if name not in ("skipstone.h", "model.h")]
    values: dict[str, Any] = {
        "model": model.facts,
        "board": board,
        "variant": model.variant.value,
        "arena_bytes": model.arena.bytes,
        "state_bytes": model.state.bytes,
        "features": model.program.features.bytes,
        "logits": model.program.logits.bytes,
        "sources": sources,
        "more_headers": f"; {', '.join(others)}" if others else "",
    }
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES), undefined=StrictUndefined, keep_trailing_newline=True
    )
    places = {
        "CMakeLists.txt": "CMakeLists.txt.j2",
        "README.md": "README.md.j2",
        "example/CMakeLists.txt": "example.cmake.j2",
        "example/link.ld": "link.ld.j2",
        "example/toolchain.cmake": "toolchain.cmake.j2",
    }
    files = {place: environment.get_template(name).render(values) for place, name in places.items()}
    return {**files, "library.json": _library_json(generated, board)}


def _library_json(generated: Generated, board: Board) -> str:
    """PlatformIO's manifest of a library."""
    facts = generated.model.facts
    name = re.sub(r"[^a-zA-Z0-9._-]+", "-", facts.name).strip("-") or "model"
    manifest = {
        "name": f"skipstone-{name}",
        "version": facts.tool_version,
        "description": f"Streaming speech model {facts.name} for {board.core}, generated by Skipstone",
        "keywords": ["speech", "tinyml", "tflite"],
        "license": "Apache-2.0",
        "headers": ["skipstone.h", "model.h"],
        "frameworks": "*",
        "platforms": "*",
        "build": {"includeDir": "include", "srcDir": "src", "flags": ["-std=c11"]},
        "export": {"include": ["include", "src", "example", "codegen.json", "README.md", "LICENSE"]},
    }
    return json.dumps(manifest, indent=2) + "\n"


def licence_text() -> str:
    """Skipstone's licence, from the checkout or from the installed distribution.

    Raises:
        CodegenError: neither holds it.
    """
    if _CHECKOUT_LICENCE.is_file():
        return _CHECKOUT_LICENCE.read_text(encoding="utf-8")
    text = importlib.metadata.distribution("skipstone").read_text("licenses/LICENSE")
    if text is None:
        raise CodegenError("the installation of skipstone lacks its licence", "install the wheel again")
    return text

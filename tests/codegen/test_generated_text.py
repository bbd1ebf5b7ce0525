"""The text of the output: the same bytes every time, safe whatever names say, compiled for every board."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

import pytest
from codegen_host_program import RUNTIME, build_host_model, host_board
from codegen_small_models import GraphBuilder, Tensor, straight_model
from hypothesis import given
from hypothesis import strategies as st
from skipstone.firmware.codegen.boards import board_names, load_board
from skipstone.firmware.codegen.emission.c_text import Names, comment_text, string_literal
from skipstone.firmware.codegen.generate import Generated, generate, generate_files
from skipstone.quantize.convert.network import convert
from skipstone.quantize.convert.random_checkpoint import random_checkpoint
from skipstone.tools.cli.main import app, load_verbs
from typer.testing import CliRunner

SMALL = {"d_model": 24, "layers": 2, "heads": 2, "head_dim": 12, "positions": 6, "ffn": 40}


@pytest.fixture(scope="module")
def model() -> bytes:
    return convert(random_checkpoint(5, **SMALL))


@pytest.fixture(scope="module")
def generated(model: bytes) -> Generated:
    return generate_files(model, "net", host_board())


def test_same_model_and_board_give_the_same_bytes(model: bytes, tmp_path: Path) -> None:
    (tmp_path / "net.tflite").write_bytes(model)
    folders = [tmp_path / "a", tmp_path / "b" / "c"]
    for folder in folders:
        generate(tmp_path / "net.tflite", load_board("mps3-an547"), folder)
    first, second = ({p.name: p.read_bytes() for p in folder.iterdir()} for folder in folders)
    assert first == second
    assert str(tmp_path).encode() not in b"".join(first.values())


def test_step_reads_like_the_network(generated: Generated) -> None:
    code = generated.files["model.c"]
    for layer in range(2):
        for kind in ("mha", "ffn"):
            assert f"static void layer{layer}_{kind}(" in code
    step = code[code.index("static void step(") : code.index("static const ss_block_info")]
    assert re.findall(r"(layer\d_\w+)\(", step) == ["layer0_mha", "layer0_ffn", "layer1_mha", "layer1_ffn"]
    assert re.findall(r"if \(gates\[(\d)\] != 0\)", step) == list("0123")
    assert re.findall(r"SS_BLOCK_BEGIN\((\d)\)", step) == list("401235")
    assert "memcpy(" not in code and "memset(" not in code, "no state is copied, nothing is cleared"


def test_residual_and_state_rows_are_written_in_place(generated: Generated) -> None:
    code = generated.files["model.c"]
    assert re.search(
        r"ss_fully_connected_add_s8_ref\(&layer0_mha_output_params, context, residual, residual, NULL\)", code
    )
    assert re.search(
        r"int8_t \*const key_state_row = state->layer0_mha_key_state\[state->layer0_mha_oldest\]", code
    )
    assert re.search(
        r"ss_fully_connected_s8_ref\(&layer0_mha_key_params, residual, key_state_row, NULL\)", code
    )


def test_codegen_json_adds_up(generated: Generated, model: bytes) -> None:
    table = json.loads(generated.files["codegen.json"])
    operators = sum(operator["macs"] for operator in table["operators"])
    blocks = sum(block["macs"] for block in table["blocks"])
    assert operators == blocks + table["fixed_macs"] + table["arbitrator_macs"]
    declared = generated.model.facts
    assert [b["threshold"] for b in table["blocks"]] == [b.threshold for b in declared.blocks]
    assert table["state_bytes"] >= sum(state["bytes"] for state in table["states"])
    assert table["arena_bytes"] >= table["arena_lower_bound_bytes"]
    for line in generated.files["kernels.txt"].split():
        assert (RUNTIME / line).is_file()


@pytest.mark.parametrize("name", board_names())
def test_output_compiles_for_the_board(name: str, model: bytes, tmp_path: Path) -> None:
    board = load_board(name)
    (tmp_path / "net.tflite").write_bytes(model)
    generate(tmp_path / "net.tflite", board, tmp_path / "c")
    sources = ["model.c", "weights.c", "frontend_tables.c"]
    flags = [
        "-mthumb",
        "-std=c11",
        "-O2",
        "-Wall",
        "-Wextra",
        "-Wconversion",
        "-Wshadow",
        "-Wpedantic",
        "-Werror",
    ]
    includes = ["-I", str(RUNTIME / "include"), "-I", str(RUNTIME / "frontend")]
    command = ["arm-none-eabi-gcc", *board.cflags, *flags, *includes, "-c", *sources]
    result = subprocess.run(command, cwd=tmp_path / "c", capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr


HOSTILE = [
    'a" */ #error /*',
    "x\\\n#error",
    "??/\n#error",
    "int",
    "state",
    "step",
    "é▁\u202e",
    "9",
    "",
    "a/b",
    "a_b",
]


def test_hostile_names_stay_names(tmp_path: Path) -> None:
    def chain(g: GraphBuilder, x: Tensor) -> Tensor:
        for index, name in enumerate(HOSTILE):
            x = g.fc(name, x, 3 + index)
        return g.fc("logits", g.depthwise(HOSTILE[0], g.push(HOSTILE[0], x, 3)), 4)

    model = straight_model(chain)
    host = build_host_model(model, tmp_path)
    host.self_test()
    host.run()


@given(st.lists(st.text(max_size=12), max_size=30))
def test_identifiers_are_valid_and_distinct(texts: list[str]) -> None:
    names = Names(["taken"])
    made = [names.make(text) for text in [*texts, "taken", "int"]]
    assert len(set(made)) == len(made)
    assert all(re.fullmatch(r"[a-z][a-z0-9_]*", name) for name in made)
    assert not {"taken", "int"} & set(made)


@given(st.text(max_size=40))
def test_comments_and_strings_cannot_be_left(text: str) -> None:
    assert "*/" not in f"{comment_text(text)} " and "\n" not in comment_text(text)
    literal = string_literal(text)
    assert "\n" not in literal and not re.search(r'(?<!\\)(\\\\)*"', literal[1:-1])


def test_the_verb_writes_the_folder_and_prints_a_table(model: bytes, tmp_path: Path) -> None:
    (tmp_path / "net.tflite").write_bytes(model)
    load_verbs()
    arguments = [
        "codegen",
        str(tmp_path / "net.tflite"),
        "--board",
        "mps2-an386",
        "-o",
        str(tmp_path / "out"),
    ]
    result = CliRunner().invoke(app, arguments, env={"COLUMNS": "200"})
    assert result.exit_code == 0, result.output
    assert "ss_fully_connected_s8_dsp" in result.output and "lower bound" in result.output
    assert {p.name for p in (tmp_path / "out").iterdir()} == {
        *("model.h", "model.c", "weights.h", "weights.c", "frontend_tables.c", "codegen.json", "kernels.txt")
    }

"""``codegen --export lib``: the folder builds and runs without Skipstone and gives the bytes of TFLM."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

import numpy as np
import pytest
from skipstone.firmware.codegen.boards import Board, board_names, load_board
from skipstone.firmware.codegen.export.library import export_library, licence_text
from skipstone.firmware.codegen.known_answer import known_features
from skipstone.quantize.convert.network import convert
from skipstone.quantize.convert.random_checkpoint import random_checkpoint
from skipstone.quantize.evaluation.decode import best_token, decoder_of
from skipstone.quantize.evaluation.tflm import TflmRunner
from skipstone.quantize.tflite.metadata import read_tokens
from third_party import wake_word

SHIPPED = Path(__file__).parents[2] / "models" / "commands" / "model.tflite"
SMALL = {"d_model": 24, "layers": 2, "heads": 2, "head_dim": 8, "positions": 4, "ffn": 32, "vocabulary": 9}
TRANSDUCER = {**SMALL, "head": "transducer", "predictor_width": 10, "joint_width": 12}
STEPS_PER_PHASE, THRESHOLD_OFFSET = 8, 20
PHASES = ("arbitrator", "offset", "all", "none", "mask", "reset")
MEMORY_FUNCTIONS = {"memcpy", "memmove", "memset", "memcmp"}
STRICT = "-Wall -Wextra -Wconversion -Werror"
VIRTUAL_BOARDS = [name for name in board_names() if load_board(name).virtual is not None]


def biases(blocks: int) -> dict[str, np.ndarray]:
    """The gate bias of every phase of the example, int8[1, blocks]."""
    forced = {"arbitrator": 0, "offset": THRESHOLD_OFFSET, "all": 127, "none": -128, "reset": 0}
    rows = {name: np.full((1, blocks), value, np.int8) for name, value in forced.items()}
    mask = np.where(np.arange(blocks) % 2 == 0, 127, -128).astype(np.int8)
    return {**rows, "mask": mask.reshape(1, blocks)}


def expected_lines(content: bytes) -> list[str]:
    """What the example prints of every step, from stock TFLM."""
    tflm = TflmRunner(content)
    main = tflm.model.main
    inputs = [main.tensors[index] for index in main.inputs]
    blocks = inputs[1].elements if len(inputs) > 1 else 0
    tokens = read_tokens(tflm.model)
    lines = []
    features = known_features(STEPS_PER_PHASE * len(PHASES), inputs[0].elements)
    decoder = decoder_of(tflm.model) if tokens is not None else None
    for step, row in enumerate(features):
        phase = PHASES[step // STEPS_PER_PHASE]
        if phase == "reset" and step % STEPS_PER_PHASE == 0:
            tflm.reset()
            decoder = decoder_of(tflm.model) if tokens is not None else None
        bias = [biases(blocks)[phase]] if blocks else []
        previous = decoder.inputs() if decoder else []
        outputs = tflm.step(row.view(inputs[0].dtype).reshape(inputs[0].shape), *bias, *previous)
        gates = np.asarray(outputs[1], np.uint8).tobytes().hex() if blocks else ""
        emitted = decoder.push(best_token(outputs[0])) if decoder else None
        line = f"{phase} {outputs[0].tobytes().hex()} {gates}"
        lines.append(line if emitted is None or tokens is None else f"{line} {tokens.tokens[emitted]}")
    return lines


def export(content: bytes, board: Board, folder: Path, name: str = "model") -> Path:
    path = folder / f"{name}.tflite"
    path.write_bytes(content)
    export_library(path, board, folder / "library")
    return folder / "library"


def build_with_cmake(library: Path, strict: str = STRICT) -> Path:
    """Configure and build in the folder as a user does; returns the program."""
    if shutil.which("cmake") is None:
        pytest.fail("cmake is not installed; run make setup")
    configure = ["cmake", "-B", "build", "-DCMAKE_TOOLCHAIN_FILE=example/toolchain.cmake"]
    for command in ([*configure, f"-DCMAKE_C_FLAGS={strict}"], ["cmake", "--build", "build"]):
        done = subprocess.run(command, cwd=library, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
    return library / "build" / "example" / "example.elf"


def run_example(program: Path, board: Board) -> tuple[int, list[str], list[str]]:
    """Exit code, notes and steps."""
    assert board.virtual is not None
    command = ["qemu-system-arm", "-M", board.virtual.machine, "-semihosting", "-nographic"]
    command += ["-monitor", "none", "-serial", "none", "-kernel", str(program)]
    done = subprocess.run(command, capture_output=True, check=False, timeout=120)
    lines = (done.stdout + done.stderr).decode().splitlines()
    notes = [line for line in lines if line.startswith("#")]
    return done.returncode, notes, [line for line in lines if not line.startswith("#")]


@pytest.mark.parametrize("name", VIRTUAL_BOARDS)
def test_the_example_equals_tflm_on_every_board(name: str, tmp_path: Path) -> None:
    board = load_board(name)
    content = convert(random_checkpoint(7, **SMALL))
    program = build_with_cmake(export(content, board, tmp_path))
    code, notes, steps = run_example(program, board)
    assert code == 0, notes
    assert notes[0] == f"# model model, made for {name} by skipstone 0.1.0"
    assert [note.split()[2] for note in notes[2:]] == [
        "layer0/mha,", "layer0/ffn,", "layer1/mha,", "layer1/ffn,",
    ]  # fmt: skip
    assert steps == expected_lines(content)


def test_shipped_model(tmp_path: Path) -> None:
    if not SHIPPED.is_file():
        pytest.skip("models/commands/model.tflite is made by make")
    board, content = load_board("mps3-an547"), SHIPPED.read_bytes()
    library = export(content, board, tmp_path)
    code, notes, steps = run_example(build_with_cmake(library), board)
    assert code == 0, notes
    assert steps == expected_lines(content)
    assert (library / "include" / "ss_log_mel.h").is_file(), "its front end comes with it"


def test_a_wake_word_by_the_documented_compiler_line(tmp_path: Path) -> None:
    content = wake_word("hey_jarvis")
    if content is None:
        pytest.skip("pymicro-wakeword is not installed (extra dev)")
    board = load_board("mps2-an386")
    library = export(content, board, tmp_path, "hey_jarvis")
    readme = (library / "README.md").read_text(encoding="utf-8")
    start = readme.index("arm-none-eabi-gcc")
    subprocess.run(["bash", "-c", readme[start : readme.index("```", start)]], cwd=library, check=True)
    code, notes, steps = run_example(library / "example.elf", board)
    assert code == 0, notes
    assert steps == expected_lines(content)
    assert not (library / "src" / "ss_attention_s8_dsp.c").exists(), "kernels that it does not use stay away"


def test_a_model_without_gates_builds_without_warnings(tmp_path: Path) -> None:
    content = wake_word("alexa")
    if content is None:
        pytest.skip("pymicro-wakeword is not installed (extra dev)")
    board = load_board("mps3-an547")
    code, notes, steps = run_example(build_with_cmake(export(content, board, tmp_path, "alexa")), board)
    assert code == 0, notes
    assert steps == expected_lines(content)


def test_a_transducer_decodes(tmp_path: Path) -> None:
    board, content = load_board("mps2-an386"), convert(random_checkpoint(3, **TRANSDUCER))
    code, notes, steps = run_example(build_with_cmake(export(content, board, tmp_path)), board)
    assert code == 0, notes
    assert steps == expected_lines(content)
    assert any(len(step.split(" ")) == 4 for step in steps), "no token was emitted"


def test_the_library_needs_nothing_but_memory_functions(tmp_path: Path) -> None:
    library = export(convert(random_checkpoint(7, **SMALL)), load_board("mps2-an505"), tmp_path)
    build_with_cmake(library)
    archive = str(library / "build" / "libskipstone_model.a")
    listing = subprocess.run(["arm-none-eabi-nm", archive], capture_output=True, text=True, check=True)
    symbols = [line.split() for line in listing.stdout.splitlines() if line and not line.endswith(":")]
    defined = {words[-1] for words in symbols if words[-2] != "U"}
    wanted = {words[-1] for words in symbols if words[-2] == "U"}
    assert wanted - defined <= MEMORY_FUNCTIONS


@pytest.mark.parametrize(
    ("name", "level"),
    [("mps2-an386", "-Os"), ("mps2-an500", "-O1"), ("mps2-an505", "-O3"), ("mps3-an547", "-Os")],
)
def test_sources_compile_at_any_optimization(name: str, level: str, tmp_path: Path) -> None:
    board = load_board(name)
    library = export(convert(random_checkpoint(7, **SMALL)), board, tmp_path)
    flags = [*board.cflags, level, "-std=c11", *STRICT.split(), "-Iinclude", "-Isrc", "-c"]
    sources = sorted(str(path.relative_to(library)) for path in (library / "src").glob("*.c"))
    subprocess.run(["arm-none-eabi-gcc", *flags, *sources], cwd=library, check=True)


def test_platformio_packs_it(tmp_path: Path) -> None:
    """``pio pkg pack`` checks library.json against PlatformIO's schema.

    Without ``license``: PlatformIO looks that up in a list that it fetches from the network.
    """
    library = export(convert(random_checkpoint(7, **SMALL)), load_board("mps2-an386"), tmp_path, "my model")
    manifest = json.loads((library / "library.json").read_text(encoding="utf-8"))
    assert (manifest["name"], manifest.pop("license")) == ("skipstone-my-model", "Apache-2.0")
    (library / "library.json").write_text(json.dumps(manifest), encoding="utf-8")
    package = tmp_path / "library.tar.gz"
    command = [sys.executable, "-m", "platformio", "pkg", "pack", str(library), "-o", str(package)]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    with tarfile.open(package) as archive:
        names = set(archive.getnames())
    assert {"library.json", "include/skipstone.h", "src/model.c", "example/main.c", "LICENSE"} <= names


def test_the_folder_is_deterministic_and_names_no_place(tmp_path: Path) -> None:
    content, board = convert(random_checkpoint(7, **SMALL)), load_board("mps3-an547")
    folders = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        folders.append(export(content, board, tmp_path / name))
    files = [
        {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
        for folder in folders
    ]
    assert files[0] == files[1]
    assert not [name for name, data in files[0].items() if str(tmp_path).encode() in data]
    assert files[0][Path("LICENSE")].decode() == licence_text()


def command(*words: str) -> subprocess.CompletedProcess[str]:
    line = [sys.executable, "-m", "skipstone.tools.cli.main", "codegen", *words]
    return subprocess.run(line, capture_output=True, text=True, check=False)


def test_command_line(tmp_path: Path) -> None:
    model = tmp_path / "model.tflite"
    model.write_bytes(convert(random_checkpoint(7, **SMALL)))
    done = command(str(model), "--board", "mps2-an386", "--export", "lib", "-o", str(tmp_path / "library"))
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "library" / "CMakeLists.txt").is_file()
    assert "example/main.c" in done.stdout.replace("\n", "")


def test_a_damaged_model_leaves_no_folder(tmp_path: Path) -> None:
    model = tmp_path / "model.tflite"
    model.write_bytes(convert(random_checkpoint(7, **SMALL))[:2000])
    done = command(str(model), "--board", "mps2-an386", "--export", "lib", "-o", str(tmp_path / "library"))
    assert done.returncode == 1
    assert "error:" in done.stderr and "remedy:" in done.stderr
    assert not (tmp_path / "library").exists()


def test_an_unknown_kind_of_export_is_refused(tmp_path: Path) -> None:
    done = command("model.tflite", "--board", "mps2-an386", "--export", "zip", "-o", str(tmp_path / "out"))
    assert done.returncode == 2
    assert "zip" in done.stderr

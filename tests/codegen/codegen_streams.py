"""The same stream through generated C on the host and stock TFLM."""

from __future__ import annotations

from typing import Any

import numpy as np
from codegen_host_program import HostModel
from numpy.typing import NDArray
from skipstone.quantize.convert.random_checkpoint import random_features
from skipstone.quantize.evaluation.decode import best_token, decoder_of
from skipstone.quantize.evaluation.tflm import TflmRunner
from skipstone.quantize.integer.interpreter import IntegerInterpreter


class Pair:
    """Drives the C program and TFLM with the same stream; TFLM's gate bias stands for the gate source."""

    def __init__(self, model: bytes, host: HostModel, seed: int) -> None:
        self.host, self.tflm, self.integer = host, TflmRunner(model), IntegerInterpreter(model)
        self.expected: list[list[NDArray[Any]]] = []
        self.random = np.random.default_rng(seed)
        self.decoder = decoder_of(self.tflm.model)
        self.tokens: list[int | None] = []
        self._features = random_features(4000, host.feature_count, seed)
        self._next = 0

    def steps(self, count: int, bias: NDArray[np.int8], trace: bool = False, states: bool = False) -> None:
        """Queue ``count`` steps; ``bias`` is int8[blocks], or int8[count, blocks] for a trace."""
        for index in range(count):
            features = self._features[self._next % len(self._features)]
            if self._next % 50 == 49:
                features = self.random.integers(-128, 128, features.shape).astype(np.int8)
            self._next += 1
            row = (bias[index] if trace else bias).reshape(1, -1)
            inputs = features.reshape(1, -1), row, *self.decoder.inputs()
            self.expected.append(self.tflm.step(*inputs))
            if states:
                self.integer.step(*inputs)
            self.tokens.append(self.decoder.push(best_token(self.expected[-1][0])))
            self.host.step(features, row.ravel() > 0 if trace else None)

    def reset(self) -> None:
        """Reset all of them."""
        for model in (self.host, self.tflm, self.integer, self.decoder):
            model.reset()

    def mask(self) -> NDArray[np.bool_]:
        """Random gate bits."""
        return self.random.random(self.host.block_count) < 0.5

    def compare(self) -> None:
        """Run the program; every output byte must be TFLM's."""
        self.host.run()
        assert len(self.host.steps) == len(self.expected)
        for number, (got, (logits, gates)) in enumerate(zip(self.host.steps, self.expected, strict=True)):
            assert np.array_equal(got.gates, gates.ravel()), f"gates of step {number}"
            assert np.array_equal(got.logits, logits.ravel()), f"logits of step {number}"


def bias_of(mask: NDArray[np.bool_]) -> NDArray[np.int8]:
    return np.where(mask, 127, -128).astype(np.int8)

"""A device that answers as TFLM does."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace

import numpy as np
from numpy.typing import NDArray
from skipstone.quantize.evaluation.idle_reset import NEVER, IdleReset, IdleRule
from skipstone.quantize.evaluation.tflm import TflmRunner
from skipstone.tools.device.results import Profile, StepBatch
from skipstone.tools.run.reference import GATE_BIAS


class TflmDevice:
    """Stands where a board stands and computes with TFLM; ``spoil`` may change the logits of a step."""

    def __init__(self, model: bytes, spoil: Callable[[int, NDArray[np.int8]], None]) -> None:
        self._runner = IdleReset(TflmRunner(model), NEVER)
        self._spoil = spoil
        self._bias = 0
        self._steps = 0
        shape = self._runner.model.main.tensors[self._runner.model.main.inputs[1]].shape
        self._blocks = shape[-1]
        self._gates: list[NDArray[np.bool_]] = []
        self.info = SimpleNamespace(samples_per_step=640)

    def set_gates(self, source: str) -> None:
        self._bias = GATE_BIAS[source]  # type: ignore[index]
        self._gates = []

    def set_idle_reset(self, steps: int, blocks: int = 0) -> None:
        self._runner.rule = IdleRule(steps, blocks)

    def reset(self) -> None:
        self._runner.reset()

    def text(self) -> str:
        return "one"

    def step_features(self, features: NDArray[np.int8]) -> StepBatch:
        bias = np.full((1, self._blocks), self._bias, np.int8)
        logits, gates = [], []
        for row in features:
            step_logits, step_gates = self._runner.step(row[None], bias)
            self._spoil(self._steps, step_logits)
            logits.append(step_logits.ravel())
            gates.append(step_gates.ravel().astype(bool))
            self._steps += 1
        self._gates += gates
        count = len(features)
        costs = (1000 + 100 * np.stack(gates).sum(axis=1)).astype(np.uint32)
        return StepBatch(np.stack(gates), np.full(count, -1, np.int16), costs, costs, np.stack(logits))

    def profile(self, clear: bool = False) -> Profile:
        gates = np.array(self._gates, bool).reshape(-1, self._blocks)
        runs = gates.sum(axis=0).astype(np.uint32)
        steps = len(gates)
        sums = (100 * runs).astype(np.uint64)
        total = 1000 * steps + int(sums.sum())
        return Profile(
            steps=steps,
            instructions=total,
            cycles=total,
            front_end_instructions=0,
            front_end_cycles=0,
            before_instructions=600 * steps,
            before_cycles=600 * steps,
            after_instructions=300 * steps,
            after_cycles=300 * steps,
            runs=runs,
            skips=(steps - runs).astype(np.uint32),
            block_instructions=sums,
            block_cycles=sums,
        )

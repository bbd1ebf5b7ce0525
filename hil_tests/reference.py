"""Stock TFLM's answers, and the NumPy integer model's states, to the same stream."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from skipstone.quantize.evaluation.decode import best_token, decoder_of
from skipstone.quantize.evaluation.gates import gate_bias
from skipstone.quantize.evaluation.idle_reset import NEVER, IdleReset, IdleRule
from skipstone.quantize.evaluation.tflm import TflmRunner
from skipstone.quantize.integer.interpreter import IntegerInterpreter
from skipstone.quantize.tflite.metadata import read_skip_table
from skipstone.tools.device import StepBatch


@dataclass(frozen=True)
class Answers:
    """Logits int8 [n, V] and gate bits bool [n, B]."""

    logits: NDArray[np.int8]
    gates: NDArray[np.bool_]

    def check(self, batch: StepBatch) -> None:
        """Fail unless ``batch`` agrees in every byte; name the first step that does not."""
        wrong_gates = np.flatnonzero((batch.gates != self.gates).any(axis=1))
        wrong_logits = np.flatnonzero((batch.logits != self.logits).any(axis=1))
        assert not len(wrong_gates), f"gates differ in {len(wrong_gates)} steps, first {wrong_gates[0]}"
        assert not len(wrong_logits), f"logits differ in {len(wrong_logits)} steps, first {wrong_logits[0]}"


class Reference:
    """The meaning of a model: TFLM's reference kernels for outputs, the integer model for states."""

    def __init__(self, model_bytes: bytes) -> None:
        self._tflm = TflmRunner(model_bytes)
        self._integer = IntegerInterpreter(model_bytes)
        self.block_count = self._tflm.model.main.tensors[self._tflm.model.main.inputs[1]].shape[-1]
        self.fixed_block_share = self._fixed_block_share()

    def _fixed_block_share(self) -> float:
        """MACs of blocks that run whatever the gates, by all MACs of a step."""
        table = read_skip_table(self._tflm.model)
        if table is None:
            return 0.0
        macs = sum(block.macs for block in table.blocks) + table.fixed_macs + table.arbitrator_macs
        return table.fixed_block_macs / macs

    def biases(self, source: str, steps: int, offset: int = 0) -> NDArray[np.int8]:
        """int8 [steps, B]: ``gate_bias`` of a gate source, the same at every step."""
        return np.tile(gate_bias(source, self.block_count, offset), (steps, 1))

    def mask_biases(self, masks: NDArray[np.bool_]) -> NDArray[np.int8]:
        """int8 [n, B]: ``gate_bias`` of masks bool [n, B]."""
        return np.array([gate_bias("mask", self.block_count, mask=mask) for mask in masks])

    def tflm(
        self,
        features: NDArray[np.int8],
        biases: NDArray[np.int8],
        resets: frozenset[int] = frozenset(),
        idle_rule: IdleRule = NEVER,
    ) -> Answers:
        """TFLM's answers from an empty stream; it is emptied again before every step in ``resets``, and
        whenever ``idle_rule`` says so."""
        decoder = decoder_of(self._tflm.model)
        runner = IdleReset(self._tflm, idle_rule)
        runner.reset()
        logits, gates = [], []
        for step, (row, bias) in enumerate(zip(features, biases, strict=True)):
            if step in resets:
                runner.reset()
                decoder.reset()
            outputs = runner.step(row, bias, *decoder.inputs())
            decoder.push(best_token(outputs[0]))
            logits.append(outputs[0].reshape(-1))
            gates.append(outputs[1].reshape(-1).astype(bool))
        return Answers(np.array(logits), np.array(gates))

    def states(self, features: NDArray[np.int8], biases: NDArray[np.int8]) -> dict[str, NDArray[np.int8]]:
        """States of the integer model after a stream, by name, oldest row first."""
        decoder = decoder_of(self._integer.model)
        self._integer.reset()
        for row, bias in zip(features, biases, strict=True):
            decoder.push(best_token(self._integer.step(row, bias, *decoder.inputs())[0]))
        return self._integer.states()

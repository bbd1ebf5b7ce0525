"""A sweep through a device that computes with stock TFLM."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from skipstone.quantize.corpora.manifest import read_manifest
from skipstone.quantize.evaluation.decode import GreedyCtc, best_token
from skipstone.quantize.evaluation.evaluate import Evaluation, SpeechMetadata, evaluate
from skipstone.quantize.evaluation.gates import gate_bias
from skipstone.quantize.evaluation.idle_reset import NEVER, IdleReset, IdleRule
from skipstone.quantize.evaluation.tflm import TflmRunner
from skipstone.tools.device.results import StepBatch
from skipstone.tools.dial.errors import DialError
from skipstone.tools.dial.sweep import spoken_clips, sweep


class TflmDevice:
    """What a sweep asks of a device, answered by TFLM; a step costs 1,000 and 100 a block."""

    def __init__(self, model: bytes) -> None:
        self.runner = IdleReset(TflmRunner(model), NEVER)
        self.blocks = len(SpeechMetadata.of(self.runner.model).skip_table.blocks)
        self.source, self.offset, self.resets = "none", 99, 0

    def set_gates(self, source: str) -> None:
        self.source = source

    def set_threshold_offset(self, offset: int) -> None:
        self.offset = offset

    def set_idle_reset(self, steps: int, blocks: int = 0) -> None:
        self.runner.rule = IdleRule(steps, blocks)

    def reset(self) -> None:
        self.runner.reset()
        self.decoder = GreedyCtc()
        self.resets += 1

    def step_features(self, features: NDArray[np.int8], logits: bool = True) -> StepBatch:
        bias = gate_bias(self.source, self.blocks, self.offset if self.source == "arbitrator" else 0)
        gates, tokens = [], []
        for row in features:
            answer, bits = self.runner.step(row[None], bias[None])
            token = self.decoder.push(best_token(answer))
            tokens.append(-1 if token is None else token)
            gates.append(bits.ravel().astype(bool))
        costs = (1000 + 100 * np.stack(gates).sum(1)).astype(np.uint32)
        return StepBatch(
            np.stack(gates), np.array(tokens, np.int16), costs, costs, np.empty((len(gates), 0), np.int8)
        )


@pytest.fixture
def device(model_path: Path) -> TflmDevice:
    return TflmDevice(model_path.read_bytes())


def test_points_are_those_of_evaluate(device: TflmDevice, model_path: Path, manifest_path: Path) -> None:
    metadata = SpeechMetadata.of(device.runner.model)
    utterances = read_manifest(manifest_path)
    clips = spoken_clips(utterances, metadata)
    done: list[int] = []
    points = sweep(device, clips, metadata, (-128, -20, 0, 127), done.append)  # type: ignore[arg-type]
    assert [(p.gates, p.threshold_offset) for p in points] == [
        ("arbitrator", -128), ("arbitrator", -20), ("arbitrator", 0), ("arbitrator", 127), ("all", 0),
    ]  # fmt: skip
    assert sum(done) == sum(p.steps for p in points)
    for point in points:
        runner = TflmRunner(model_path.read_bytes())
        known = [u for u in utterances if u.reference is not None]
        expected = Evaluation.of(
            list(evaluate(runner, known, point.gates, point.threshold_offset)), point.gates
        )
        assert point.word_error_rate == pytest.approx(expected.word_error_rate)
        assert point.compute_fraction == pytest.approx(expected.compute_fraction)
        assert point.words == 3


def test_more_open_costs_more(device: TflmDevice, manifest_path: Path) -> None:
    metadata = SpeechMetadata.of(device.runner.model)
    clips = spoken_clips(read_manifest(manifest_path), metadata)
    points = sweep(device, clips, metadata, (-128, 0, 127))  # type: ignore[arg-type]
    costs = [p.instructions_per_step for p in points]
    assert costs[0] == 1000 and costs[0] < costs[1] < costs[2] == costs[3] == 1000 + 100 * device.blocks
    assert device.resets == 4 * len(clips)


def test_the_board_is_left_as_it_was(device: TflmDevice, manifest_path: Path) -> None:
    metadata = SpeechMetadata.of(device.runner.model)
    clips = spoken_clips(read_manifest(manifest_path), metadata)[:1]
    with pytest.raises(ZeroDivisionError):
        sweep(device, clips, metadata, (5,), lambda steps: 1 // 0)  # type: ignore[arg-type,return-value]
    assert (device.source, device.offset) == ("arbitrator", 0)


def test_utterances_without_words_are_refused(device: TflmDevice, manifest_path: Path) -> None:
    silent = [u for u in read_manifest(manifest_path) if u.text is None]
    with pytest.raises(DialError, match="words"):
        spoken_clips(silent, SpeechMetadata.of(device.runner.model))

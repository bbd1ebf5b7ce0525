"""Delays from the steps of a simulated board with known emissions and cycles."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray
from rich.console import Console
from skipstone.quantize.corpora.manifest import Utterance
from skipstone.quantize.features.log_mel import TAIL_STEPS
from skipstone.quantize.features.settings import FeatureSettings
from skipstone.tools.device import StepBatch
from skipstone.tools.latency import latency_table, measure_latency
from skipstone.tools.latency.errors import LatencyError
from skipstone.tools.latency.measure import compute_delays, read_timed

TOKENS = ("<blank>", "▁one", "▁two")
STEP = 0.04
CLOCK = 1_000_000
FRONT_END = 2_000
WORDS = [{"text": "one", "start": 0.1, "end": 0.3}, {"text": "two", "start": 0.4, "end": 0.7}]


class WritingBoard:
    """Writes token ``t`` at step ``s`` for every ``(s, t)`` of a clip; step ``s`` takes 1000 ``s`` cycles."""

    def __init__(self, emissions: Sequence[tuple[int, int]], front_end: bool = True) -> None:
        self.info = SimpleNamespace(
            board="simulated",
            clock_hz=CLOCK,
            cycles_kind="modelled",
            samples_per_step=640 if front_end else 0,
        )
        self.sources: list[str] = []
        self._emissions = dict(emissions)
        self._step = 0

    def set_gates(self, source: str) -> None:
        self.sources.append(source)

    def reset(self) -> None:
        self._step = 0

    def step_features(self, features: NDArray[np.int8], logits: bool) -> StepBatch:
        assert not logits
        return self._batch(len(features))

    def step_pcm(self, pcm: NDArray[np.int16], logits: bool) -> StepBatch:
        assert not logits
        return self._batch(len(pcm))

    def _batch(self, count: int) -> StepBatch:
        steps = np.arange(self._step, self._step + count)
        self._step += count
        return StepBatch(
            gates=np.ones((count, 2), bool),
            tokens=np.array([self._emissions.get(int(step), -1) for step in steps], np.int16),
            instructions=np.zeros(count, np.uint32),
            cycles=(1000 * steps).astype(np.uint32),
            logits=np.empty((count, 0), np.int8),
            front_end_cycles=np.full(count, FRONT_END, np.uint32),
        )


def timed(folder: Path, **labels: Any) -> Utterance:
    soundfile.write(folder / "clip.wav", np.zeros(16000, np.int16), 16000)
    table = {"audio": folder / "clip.wav", "duration": 1.0, "text": "one two", "words": WORDS, **labels}
    return Utterance.model_validate(table)


def test_delay_ends_with_the_step_and_compute_is_apart(tmp_path: Path) -> None:
    clips = read_timed([timed(tmp_path)] * 2, FeatureSettings())
    board, done = WritingBoard([(9, 1), (17, 2)]), []
    row = measure_latency(board, clips, TOKENS, "all", STEP, done.append)  # type: ignore[arg-type]
    assert board.sources == ["all", "arbitrator"]
    assert done == [25 + TAIL_STEPS] * 2
    assert (row.spoken, len(row.delays)) == (4, 4)
    first, second = row.delays[:2]
    assert (first.word, first.delay) == ("one", pytest.approx(10 * STEP - 0.3))
    assert second.delay == pytest.approx(18 * STEP - 0.7)
    assert second.compute == pytest.approx((17_000 + FRONT_END) / CLOCK)
    table = row.as_dict()
    assert table["delay_median_ms"] == pytest.approx(1000 * (0.1 + 0.02) / 2)
    assert table["delay_p95_ms"] == pytest.approx(100.0, abs=1)
    assert table["delay_with_compute_median_ms"] == pytest.approx(60 + (9 + 17) / 2 + 2)
    console = Console(record=True, width=200)
    console.print(latency_table(board.info, [row]))
    assert "modelled" in console.export_text()


def test_a_board_that_is_too_slow_falls_behind() -> None:
    delays = compute_delays(np.array([0.03, 0.05, 0.06, 0.02, 0.01]), STEP)
    np.testing.assert_allclose(delays, [0.03, 0.05, 0.07, 0.05, 0.02])


def test_words_written_early_count_with_their_sign(tmp_path: Path) -> None:
    clips = read_timed([timed(tmp_path)], FeatureSettings())
    row = measure_latency(WritingBoard([(3, 1)]), clips, TOKENS, "all", STEP)  # type: ignore[arg-type]
    assert (row.spoken, len(row.delays)) == (2, 1)
    assert row.delays[0].delay == pytest.approx(4 * STEP - 0.3)


def test_a_board_without_front_end_has_no_cost_of_one(tmp_path: Path) -> None:
    clips = read_timed([timed(tmp_path)], FeatureSettings())
    board = WritingBoard([(9, 1)], front_end=False)
    row = measure_latency(board, clips, TOKENS, "all", STEP)  # type: ignore[arg-type]
    assert row.delays[0].compute == pytest.approx(9_000 / CLOCK)


def test_what_cannot_be_measured_is_refused(tmp_path: Path) -> None:
    with pytest.raises(LatencyError, match="no utterance of the manifest has word times"):
        read_timed([timed(tmp_path, words=None), timed(tmp_path, words=())], FeatureSettings())
    clips = read_timed([timed(tmp_path)], FeatureSettings())
    with pytest.raises(LatencyError, match="no word was recognised with gates all"):
        measure_latency(WritingBoard([]), clips, TOKENS, "all", STEP)  # type: ignore[arg-type]

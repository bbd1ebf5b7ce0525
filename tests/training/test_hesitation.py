"""Background and pauses around and inside an utterance."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from skipstone.quantize.training.hesitation import LEAD_FRAMES, PAUSE_FRAMES, TAIL_FRAMES, hesitate


def speech(frames: int, floor: float) -> np.ndarray:
    """Three loud stretches with quiet between them; the first bin counts the frames."""
    values = np.full((frames, 40), floor, np.float32)
    for start in (0.05, 0.4, 0.75):
        values[int(start * frames) : int((start + 0.2) * frames)] = 60
    values[:, 0] = np.arange(frames)
    return values


@given(
    frames=st.integers(1, 400), floor=st.sampled_from([-128.0, -60.0, 10.0]), seed=st.integers(0, 2**32 - 1)
)
def test_every_frame_of_the_speech_stays_in_order(frames: int, floor: float, seed: int) -> None:
    values = speech(frames, floor)
    result = hesitate(values, np.random.default_rng(seed))
    plain = (result[:, 1:] == floor).all(1) | (result[:, 1:] == 60).all(1)
    assert np.array_equal(result[plain], values)
    assert frames <= len(result) <= frames + LEAD_FRAMES + 2 * PAUSE_FRAMES[1] + TAIL_FRAMES
    assert result.min() >= -128 and result.dtype == np.float32


def test_pauses_stand_in_quiet_places_only() -> None:
    values = speech(300, -60.0)
    inside = 0
    for seed in range(40):
        result = hesitate(values, np.random.default_rng(seed))
        loud = (result[:, 1:] == 60).all(1)
        stretches = np.diff(np.flatnonzero(np.diff(np.r_[False, loud, False].astype(int))))[::2]
        assert list(stretches) == [60, 60, 60], "a pause split a loud stretch"
        inside += len(result) > 300
    assert inside > 20

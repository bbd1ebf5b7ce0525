"""The NumPy front end: framing, streaming, ranges, and its distance from float64."""

from __future__ import annotations

import time

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from skipstone.quantize.features.float_reference import float_error
from skipstone.quantize.features.integer_fft import complex_fft
from skipstone.quantize.features.log_mel import (
    StreamingLogMel,
    log_mel,
    mel_energy,
    pad_pcm,
    quantize_log2,
    stack_steps,
)
from skipstone.quantize.features.settings import FeatureError, FeatureSettings
from skipstone.quantize.features.synthetic import extremes, noise, speech_like
from skipstone.quantize.features.tables import front_end_tables

STEP = 640
TABLES = front_end_tables(FeatureSettings())


def _stream(pcm: npt.NDArray[np.int16], front_end: StreamingLogMel) -> npt.NDArray[np.int8]:
    return np.concatenate([front_end.push(pcm[i : i + STEP]) for i in range(0, pcm.size, STEP)])


@pytest.mark.parametrize(
    "pcm", [speech_like(30 * STEP, 3), noise(30 * STEP, 4, 32767)], ids=["speech", "noise"]
)
def test_streaming_equals_whole_utterance(pcm: npt.NDArray[np.int16]) -> None:
    front_end = StreamingLogMel()
    np.testing.assert_array_equal(_stream(pcm, front_end), log_mel(pcm))
    front_end.reset()
    np.testing.assert_array_equal(_stream(pcm, front_end), log_mel(pcm))


@settings(max_examples=40, deadline=None)
@given(pcm=arrays(np.int16, st.sampled_from([STEP, 3 * STEP]), fill=st.integers(-32768, 32767)))
def test_streaming_equals_whole_utterance_on_any_pcm(pcm: npt.NDArray[np.int16]) -> None:
    np.testing.assert_array_equal(_stream(pcm, StreamingLogMel()), log_mel(pcm))


@settings(max_examples=40, deadline=None)
@given(samples=st.integers(0, 3000))
def test_frame_count_and_no_look_ahead_past_the_hop(samples: int) -> None:
    pcm = noise(samples, 1, 5000)
    frames = log_mel(pcm)
    assert frames.shape == (samples // 160, 40)
    longer = np.concatenate([pcm[: samples // 160 * 160], noise(800, 2, 32767)])
    np.testing.assert_array_equal(log_mel(longer)[: len(frames)], frames)


def test_a_frame_covers_240_samples_before_its_hop() -> None:
    pcm = np.zeros(1600, dtype=np.int16)
    pcm[760] = 30000  # inside frames 4 (400 .. 799), 5 (560 .. 959) and 6 (720 .. 1119)
    heard = np.flatnonzero(log_mel(pcm).max(axis=1) > -128)
    np.testing.assert_array_equal(heard, [4, 5, 6])


def test_silence_is_the_lowest_value_and_quiet_speech_is_not() -> None:
    assert np.all(log_mel(np.zeros(STEP, dtype=np.int16)) == -128)
    quiet = log_mel(speech_like(50 * STEP, 1, peak=0.01))
    assert np.mean(quiet == -128) < 0.5
    assert np.mean(log_mel(speech_like(50 * STEP, 1, peak=1.0)) == 127) < 0.001


def test_integer_features_are_float_features_rounded() -> None:
    """Rounding alone costs half a unit; these bounds are what the documentation states."""
    for seed in range(3):
        loud = float_error(speech_like(100 * STEP, seed, peak=0.999))
        assert loud.exact > 0.99 and loud.largest < 0.7
        quiet = float_error(speech_like(100 * STEP, seed, peak=0.01))
        assert quiet.exact > 0.98 and quiet.largest < 1.0


def test_doubling_the_amplitude_adds_two_octaves_of_power() -> None:
    pcm = noise(20 * STEP, 9, 8000)
    difference = log_mel((2 * pcm).astype(np.int16)).astype(int) - log_mel(pcm)
    assert set(np.unique(difference)) <= {15, 16, 17}


@pytest.mark.parametrize("name", extremes(4 * STEP))
def test_no_value_of_the_fft_leaves_32_bits(name: str) -> None:
    """The premise of the proof (magnitudes of the input sum to less than 2^30) and its conclusion."""
    pcm = extremes(4 * STEP)[name]
    windows = np.lib.stride_tricks.sliding_window_view(pcm, 400)[::160].astype(np.int64)
    windowed = (windows * TABLES.window + 256) >> 9
    assert np.abs(windowed).sum(axis=1).max() < 2**30
    re, im = np.zeros((2, 256, windows.shape[0]), dtype=np.int64)
    place = TABLES.digit_reversal[:200]
    re[place], im[place] = windowed.T[0::2], windowed.T[1::2]
    complex_fft(re, im, TABLES)
    assert max(np.abs(re).max(), np.abs(im).max()) < 2**30
    assert mel_energy(pcm[None, :400], TABLES).max() < 2**62


@settings(max_examples=200, deadline=None)
@given(energy=st.integers(1, 2**62))
def test_log2_is_within_half_a_unit_of_the_exact_one(energy: int) -> None:
    front_end = FeatureSettings()
    value = int(quantize_log2(np.array([energy], dtype=np.uint64), TABLES, front_end)[0])
    exact = 8 * (np.log2(float(energy)) - 15 - front_end.reference_log2)
    assert abs(value - np.clip(exact, -128, 127)) < 0.503


def test_a_minute_takes_less_than_a_second() -> None:
    pcm = noise(60 * 16000, 1, 32767)
    start = time.process_time()
    log_mel(pcm)
    assert time.process_time() - start < 1.0


def test_steps_are_stacked_oldest_first() -> None:
    frames = np.arange(11 * 40).reshape(11, 40).astype(np.int8)
    steps = stack_steps(frames)
    assert steps.shape == (2, 160)
    np.testing.assert_array_equal(steps[1, :40], frames[4])


@pytest.mark.parametrize(
    ("samples", "tail", "padded"), [(0, 0, 0), (1, 0, 640), (640, 0, 640), (641, 2, 2560)]
)
def test_pcm_is_padded_to_whole_steps(samples: int, tail: int, padded: int) -> None:
    pcm = np.ones(samples, dtype=np.int16)
    result = pad_pcm(pcm, tail)
    assert result.size == padded and result.dtype == np.int16
    assert result.sum() == samples


def test_wrong_input_is_refused_with_a_remedy() -> None:
    for call in (
        lambda: log_mel(np.zeros(640, dtype=np.float32)),  # type: ignore[arg-type]
        lambda: log_mel(np.zeros((640, 2), dtype=np.int16)),
        lambda: StreamingLogMel().push(np.zeros(639, dtype=np.int16)),
        lambda: pad_pcm(np.zeros(1, dtype=np.int16), -1),
    ):
        with pytest.raises(FeatureError) as caught:
            call()
        assert caught.value.remedy

"""Each augmentation does what its name says, and nothing to what it must not touch."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from skipstone.quantize.corpora.feature_cache import CorpusFeatures
from skipstone.quantize.features.settings import FeatureSettings
from skipstone.quantize.features.tables import hz_to_mel
from skipstone.quantize.training.augmentation import Augmenter, trim
from skipstone.quantize.training.corpus_shares import CorpusShare
from skipstone.quantize.training.noise import (
    UNITS_PER_DECIBEL,
    add_powers,
    mean_power,
    mix_at_snr,
    speech_power,
)
from skipstone.quantize.training.stage_recipe import Augmentation

SETTINGS = FeatureSettings()
NOTHING = {
    "time_warp": 0.0,
    "frequency_warp": 0.0,
    "noise_floor": 0,
    "gain": 0,
    "time_masks": 0,
    "frequency_masks": 0,
    "lead": 0,
}


def augmentation(**keys: Any) -> Augmentation:
    return Augmentation.model_validate({**NOTHING, **keys})


def clip(frames: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(-100, 100, (frames, 40)).astype(np.int8)


def corpus(*clips: np.ndarray) -> CorpusFeatures:
    starts = np.cumsum([0, *(len(each) for each in clips)])
    return CorpusFeatures(np.concatenate(clips), starts, ("",) * len(clips))


def test_nothing_changes_nothing() -> None:
    frames = clip(50)
    assert np.array_equal(Augmenter(augmentation(), SETTINGS)([frames], np.random.default_rng(1)), frames)


def test_clips_are_joined_with_pauses_of_digital_silence() -> None:
    first, second = clip(20, 1), clip(30, 2)
    join = Augmenter(augmentation(pause=[5, 9]), SETTINGS)
    for seed in range(20):
        joined = join([first, second], np.random.default_rng(seed))
        pause = len(joined) - 50
        assert 5 <= pause <= 9
        assert np.array_equal(joined[:20], first)
        assert np.array_equal(joined[20 + pause :], second)
        assert (joined[20 : 20 + pause] == -128).all()


def test_low_pass_empties_the_bins_above_the_telephone_band() -> None:
    frames = np.full((10, 40), 50, np.int8)
    filtered = Augmenter(augmentation(low_pass=1.0), SETTINGS)([frames], np.random.default_rng(3)).astype(int)
    low, high = hz_to_mel([SETTINGS.low_hz, SETTINGS.high_hz])
    mel = low + (np.arange(40) + 1) * (high - low) / 41
    assert (filtered[:, mel < hz_to_mel(3200)] == 50).all()
    assert (filtered[:, mel > hz_to_mel(4500)] <= 50 - 70).all()
    assert (np.diff(filtered[0]) <= 0).all()


@given(st.floats(-40, 120), st.floats(-40, 120))
def test_powers_add_as_powers(a: float, b: float) -> None:
    found = add_powers(np.array([[a]]), np.array([[b]]))[0, 0]
    assert found == pytest.approx(8 * np.log2(2 ** (a / 8) + 2 ** (b / 8)), abs=1e-6)


@pytest.mark.parametrize("snr", [0.0, 6.0, 24.0])
def test_noise_comes_at_the_ratio_that_was_asked_for(snr: float) -> None:
    generator = np.random.default_rng(0)
    speech = np.full((200, 40), -128, np.float32)
    speech[50:150] = generator.normal(60, 5, (100, 40))
    noise = generator.normal(-20, 5, (37, 40)).astype(np.float32)
    mixed = mix_at_snr(speech, noise, snr)
    found = (speech_power(speech) - mean_power(mixed[:50])) / UNITS_PER_DECIBEL
    assert found == pytest.approx(snr, abs=0.7)  # the first 50 frames hold other noise than the mean
    assert (mixed >= speech - 1e-3).all()


def test_recorded_noise_is_taken_from_the_noise_corpus() -> None:
    speech = np.full((60, 40), -128, np.int8)
    speech[20:40] = 80
    noise = CorpusShare.whole(corpus(clip(10, 1), clip(200, 2)))
    augmenter = Augmenter(augmentation(noise=1.0, snr=[10, 10]), SETTINGS, [noise])
    mixed = augmenter([speech], np.random.default_rng(0))
    assert (mixed[:20] > -128).any()
    assert not np.array_equal(mixed, speech)


def test_silence_stays_silent_without_a_level_to_relate_noise_to() -> None:
    silence = np.full((60, 40), -128, np.int8)
    noise = CorpusShare.whole(corpus(clip(90)))
    augmenter = Augmenter(augmentation(noise=1.0), SETTINGS, [noise])
    assert np.array_equal(augmenter([silence], np.random.default_rng(0)), silence)


def test_trim_cuts_the_quiet_before_a_word_and_nothing_else() -> None:
    quiet, word = np.full((40, 40), -100, np.float32), np.full((60, 40), 20, np.float32)
    utterance = np.concatenate([quiet, word, quiet])
    for seed in range(20):
        cut = trim(utterance, np.random.default_rng(seed))
        assert 100 <= len(cut) <= 102, "at most two quiet frames are left before the word"
        assert np.array_equal(cut, utterance[-len(cut) :])
    short = np.concatenate([quiet, word[:10]])
    assert np.array_equal(trim(short, np.random.default_rng(0)), short)


@given(st.integers(0, 2**32 - 1), st.integers(1, 90))
def test_any_clip_survives_everything(seed: int, frames: int) -> None:
    everything = Augmentation(noise=0.5, low_pass=0.5, concatenate=0.5, trim=0.5)
    augmenter = Augmenter(everything, SETTINGS, [CorpusShare.whole(corpus(clip(30)))])
    result = augmenter([clip(frames), clip(7)], np.random.default_rng(seed))
    assert result.dtype == np.int8 and result.shape[1] == 40 and len(result) >= 8


def test_the_low_pass_is_that_of_a_real_resampler() -> None:
    """White noise that went through 8 kHz loses at least as much as the augmentation takes."""
    import soxr
    from skipstone.quantize.features.log_mel import log_mel

    noise = np.random.default_rng(0).normal(0, 3000, 32000)
    wide = log_mel(noise.astype(np.int16))
    narrow = log_mel(soxr.resample(soxr.resample(noise, 16000, 8000), 8000, 16000).astype(np.int16))
    loss = (wide.astype(float) - narrow).mean(0)
    low, high = hz_to_mel([SETTINGS.low_hz, SETTINGS.high_hz])
    mel = low + (np.arange(40) + 1) * (high - low) / 41
    assert (loss[mel < hz_to_mel(3400)] < 4).all()
    assert (loss[mel > hz_to_mel(4500)] > 60).all()

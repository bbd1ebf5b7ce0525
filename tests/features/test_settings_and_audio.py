"""Settings survive storage and are refused when unsupported; audio files become 16 kHz mono int16."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
import tomli_w
from skipstone.quantize.features.audio import read_audio
from skipstone.quantize.features.c_tables import c_tables
from skipstone.quantize.features.settings import FeatureError, FeatureSettings
from skipstone.quantize.features.synthetic import noise


def test_settings_survive_toml_and_json() -> None:
    front_end = FeatureSettings(low_hz=20, reference_log2=27)
    table = front_end.as_dict()
    assert FeatureSettings.from_dict(json.loads(json.dumps(table))) == front_end
    assert FeatureSettings.from_dict(tomllib.loads(tomli_w.dumps(table))) == front_end
    assert (front_end.step_length, front_end.step_features) == (640, 160)


@pytest.mark.parametrize(
    "change",
    [
        {"mel_bins": 80},
        {"version": 99},
        {"zero_point": 3},
        {"low_hz": 5000, "high_hz": 4000},
        {"high_hz": 8001},
        {"low_hz": "60"},
        {"low_hz": float("nan")},
        {"reference_log2": 60},
        {"reference_log2": 25.5},
        {"frames_per_step": 0},
        {"hop": 160},
    ],
    ids=str,
)
def test_unsupported_settings_are_refused(change: dict[str, Any]) -> None:
    with pytest.raises(FeatureError) as caught:
        FeatureSettings.from_dict({**FeatureSettings().as_dict(), **change})
    assert caught.value.remedy


def test_a_filter_without_an_fft_bin_is_refused() -> None:
    with pytest.raises(FeatureError, match="holds no FFT bin"):
        c_tables(FeatureSettings(low_hz=100, high_hz=900))


def test_16_khz_mono_comes_back_unchanged(tmp_path: Path) -> None:
    pcm = noise(5000, 1, 32767)
    soundfile.write(tmp_path / "a.wav", pcm, 16000, subtype="PCM_16")
    np.testing.assert_array_equal(read_audio(tmp_path / "a.wav"), pcm)


@pytest.mark.parametrize("rate", [8000, 22050, 44100, 48000])
def test_other_rates_and_channels_become_16_khz_mono(rate: int, tmp_path: Path) -> None:
    time = np.arange(rate) / rate
    tone = 0.5 * np.sin(2 * np.pi * 1000 * time)
    soundfile.write(tmp_path / "a.flac", np.stack([tone, tone * 0.5], axis=1), rate)
    pcm = read_audio(tmp_path / "a.flac")
    assert pcm.dtype == np.int16 and abs(pcm.size - 16000) <= 1
    middle = pcm[4000:12000].astype(float)
    assert np.abs(np.fft.rfft(middle)).argmax() == 500  # 1 kHz at 2 Hz a bin
    assert np.abs(middle).max() == pytest.approx(0.375 * 32768, rel=0.01)


def test_full_scale_saturates(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "a.wav", np.array([1.5, -1.5, 1.0]), 16000, subtype="FLOAT")
    np.testing.assert_array_equal(read_audio(tmp_path / "a.wav"), [32767, -32768, 32767])


def test_unreadable_audio_is_a_typed_error(tmp_path: Path) -> None:
    (tmp_path / "text.wav").write_text("no audio here")
    soundfile.write(tmp_path / "empty.wav", np.zeros(0), 16000)
    soundfile.write(tmp_path / "nan.wav", np.array([0.0, np.nan]), 16000, subtype="FLOAT")
    for path in ("missing.wav", "text.wav", "empty.wav", "nan.wav"):
        with pytest.raises(FeatureError) as caught:
            read_audio(tmp_path / path)
        assert path in caught.value.cause and caught.value.remedy

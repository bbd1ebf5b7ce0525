"""Changes of recordings do what they say, measured on the samples."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from skipstone.quantize.corpora.rooms import Room, draw_room, impulse_response, reverberate
from skipstone.quantize.corpora.waveform import (
    WaveformError,
    active_frames,
    active_power,
    active_span,
    add_noise,
    change_gain,
    change_speed,
    narrow_band,
    to_float,
    to_pcm,
)

RATE = 16000


def tone(hertz: float, seconds: float, level: float = 0.25) -> np.ndarray:
    return level * np.sin(2 * np.pi * hertz * np.arange(round(seconds * RATE)) / RATE)


def loudest(samples: np.ndarray) -> float:
    """Frequency of the highest peak, in hertz."""
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples))))
    return float(np.fft.rfftfreq(len(samples), 1 / RATE)[spectrum.argmax()])


@given(st.lists(st.integers(-32768, 32767), max_size=50).filter(lambda values: -32768 not in values))
def test_pcm_comes_back_bit_for_bit(values: list[int]) -> None:
    pcm = np.array(values, np.int16)
    assert np.array_equal(to_pcm(to_float(pcm)), pcm)


def test_too_loud_is_scaled_and_not_clipped() -> None:
    pcm = to_pcm(tone(440, 0.1, level=3.0))
    assert abs(int(np.abs(pcm).max()) - 32767) <= 1
    assert np.mean(np.abs(pcm) >= 32767) < 0.01


@pytest.mark.parametrize("speed", [0.8, 1.0, 1.25])
def test_speed_moves_length_and_pitch(speed: float) -> None:
    changed = change_speed(tone(500, 1.0), speed)
    assert len(changed) == pytest.approx(RATE / speed, abs=2)
    assert loudest(changed) == pytest.approx(500 * speed, abs=2)
    assert len(change_speed(np.array([0.5]), 4.0)) == 1
    with pytest.raises(WaveformError, match="out of range"):
        change_speed(tone(500, 0.1), 9.0)


def test_gain_is_in_decibels() -> None:
    assert active_power(change_gain(tone(300, 0.5), -6.0)) / active_power(tone(300, 0.5)) == pytest.approx(
        10**-0.6
    )


def test_narrow_band_keeps_below_four_kilohertz() -> None:
    low, high = tone(1000, 0.5), tone(6000, 0.5)
    assert len(narrow_band(low)) == len(low)
    assert active_power(narrow_band(low)) == pytest.approx(active_power(low), rel=0.01)
    assert np.square(narrow_band(high)[800:-800]).mean() < 1e-6 * active_power(high)


@given(snr=st.floats(-10, 40), noise_length=st.integers(200, 40000), seed=st.integers(0, 2**32))
def test_signal_to_noise_ratio_is_that_of_the_speech_not_of_its_pauses(
    snr: float, noise_length: int, seed: int
) -> None:
    generator = np.random.default_rng(seed)
    speech = np.concatenate([np.zeros(RATE), tone(400, 0.5), np.zeros(RATE)])
    noise = generator.normal(0, 0.01, noise_length)
    added = add_noise(speech, noise, snr, generator) - speech
    measured = 10 * np.log10(active_power(tone(400, 0.5)) / np.square(added).mean())
    assert measured == pytest.approx(snr, abs=0.1)


def test_silent_noise_is_refused() -> None:
    for noise in (np.zeros(100), np.zeros(0)):
        with pytest.raises(WaveformError, match="silent"):
            add_noise(tone(400, 0.1), noise, 10, np.random.default_rng(1))


def test_active_span_finds_speech_between_pauses() -> None:
    samples = np.concatenate([np.zeros(RATE), tone(400, 0.5), np.zeros(RATE // 2)])
    start, end = active_span(samples)
    assert start == pytest.approx(1.0, abs=0.025)
    assert end == pytest.approx(1.5, abs=0.025)
    assert active_span(np.zeros(1000)) == (0.0, 0.0)
    assert active_span(np.zeros(0)) == (0.0, 0.0)
    assert not active_frames(np.zeros(1000)).any()


@given(rt60=st.floats(0.1, 1.5), seed=st.integers(0, 2**32))
def test_drawn_rooms_hold_their_source_and_microphone(rt60: float, seed: int) -> None:
    room = draw_room(rt60, np.random.default_rng(seed))
    for position in (room.source, room.microphone):
        assert all(0 < x < size for x, size in zip(position, room.size, strict=True))
    assert room == draw_room(rt60, np.random.default_rng(seed))


def test_reverberation_decays_as_asked_and_keeps_time_and_level() -> None:
    pytest.importorskip("pyroomacoustics")
    room = Room((6.0, 5.0, 3.0), (1.5, 2.0, 1.5), (2.0, 2.5, 1.2), 0.4)
    response = impulse_response(room)
    assert np.abs(response[:3]).max() == np.abs(response).max(), "direct sound first"
    energy = 10 * np.log10(np.cumsum(np.square(response)[::-1])[::-1] / np.square(response).sum())
    falls = (np.argmax(energy < -25) - np.argmax(energy < -5)) / RATE  # Schroeder, T20
    assert 3 * falls == pytest.approx(0.4, rel=0.35)
    dry = np.concatenate([np.zeros(1600), tone(400, 0.3)])
    wet = reverberate(dry, room)
    assert len(wet) == len(dry) + round(0.4 * RATE)
    assert active_power(wet) == pytest.approx(active_power(dry), rel=1e-6)
    assert active_span(wet)[0] == pytest.approx(active_span(dry)[0], abs=0.026)
    for rt60 in (0.01, 20.0):
        with pytest.raises(WaveformError, match="out of range"):
            draw_room(rt60, np.random.default_rng(1))

"""Reverberation of random shoebox rooms (pyroomacoustics, image-source method)."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from skipstone.quantize.corpora.waveform import SAMPLE_RATE, Samples, WaveformError, active_power

SHORTEST_RT60 = 0.1
LONGEST_RT60 = 1.5
"""Seconds. Below, no room can be that dry; above, the images are too many."""
_SABINE = 24 * np.log(10) / 343.0
"""Seconds per metre: T60 = 24 ln 10 / c · V / (S a), speed of sound c = 343 m/s, absorption a."""
_DRIEST = 0.95
"""Largest absorption of a wall."""


@dataclass(frozen=True)
class Room:
    """A shoebox room: size and positions in metres, reverberation time in seconds."""

    size: tuple[float, float, float]
    source: tuple[float, float, float]
    microphone: tuple[float, float, float]
    rt60: float

    def as_dict(self) -> dict[str, Any]:
        """For a manifest."""
        return {
            key: list(value) if isinstance(value, tuple) else value for key, value in asdict(self).items()
        }


def draw_room(rt60: float, generator: np.random.Generator) -> Room:
    """A room of 3–10 m × 3–8 m × 2.4–4 m with a speaker and a microphone off the walls.

    A room too large to be as dry as ``rt60`` by Sabine's formula is made smaller until it can be.

    Args:
        rt60: seconds until the sound has fallen by 60 dB.

    Raises:
        WaveformError: ``rt60`` is outside 0.1–1.5 s.
    """
    if not SHORTEST_RT60 <= rt60 <= LONGEST_RT60:
        raise WaveformError(
            f"reverberation time {rt60:g} s is out of range",
            f"use {SHORTEST_RT60:g} to {LONGEST_RT60:g} seconds",
        )
    size = generator.uniform((3.0, 3.0, 2.4), (10.0, 8.0, 4.0))
    size = size * min(1.0, _DRIEST / _absorption(size, rt60))
    margin = np.minimum(0.5, 0.2 * size)
    source, microphone = (generator.uniform(margin, size - margin) for _ in range(2))
    return Room(_metres(size), _metres(source), _metres(microphone), round(rt60, 3))


def reverberate(samples: Samples, room: Room) -> Samples:
    """``samples`` [n] as the microphone hears them, float64 [n + rt60 · 16000].

    The direct sound keeps its time, so word times hold; the active power keeps its level.

    Raises:
        WaveformError: pyroomacoustics is not installed.
    """
    response = impulse_response(room)
    from scipy.signal import fftconvolve

    wet = np.zeros(len(samples) + round(room.rt60 * SAMPLE_RATE))
    convolved = fftconvolve(samples, response)[: len(wet)]
    wet[: len(convolved)] = convolved
    before, after = active_power(samples), active_power(wet)
    return wet * np.sqrt(before / after) if after > 0 else wet


def impulse_response(room: Room) -> Samples:
    """Response from source to microphone, float64 [m], the direct sound at sample 0.

    Raises:
        WaveformError: pyroomacoustics is not installed.
    """
    try:
        import pyroomacoustics
    except ImportError as error:
        raise WaveformError(
            "reverberation needs pyroomacoustics", "pip install 'skipstone[train]', or leave it out"
        ) from error
    absorption = min(_absorption(np.array(room.size), room.rt60), _DRIEST)
    # reflections of order N have travelled at least N times the smallest size: later ones are below 60 dB
    order = int(np.ceil(343.0 * room.rt60 / min(room.size)))
    box = pyroomacoustics.ShoeBox(
        room.size, fs=SAMPLE_RATE, materials=pyroomacoustics.Material(absorption), max_order=min(order, 60)
    )
    box.add_source(room.source)
    box.add_microphone(room.microphone)
    box.compute_rir()
    response = np.asarray(box.rir[0][0], np.float64)
    metres = float(np.linalg.norm(np.subtract(room.source, room.microphone)))
    arrival = round(metres / box.c * SAMPLE_RATE) + pyroomacoustics.constants.get("frac_delay_length") // 2
    return response[arrival:]


def _absorption(size: NDArray[np.float64], rt60: float) -> float:
    volume = float(size.prod())
    surface = 2 * float(size[0] * size[1] + size[0] * size[2] + size[1] * size[2])
    return _SABINE * volume / (rt60 * surface)


def _metres(values: NDArray[np.float64]) -> tuple[float, float, float]:
    x, y, z = (round(float(value), 3) for value in values)
    return x, y, z

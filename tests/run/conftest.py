"""A small random model and clips of noise."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile
from skipstone.quantize.convert.checkpoint import read_checkpoint
from skipstone.quantize.convert.network import convert
from skipstone.quantize.convert.random_checkpoint import write_random_checkpoint


@pytest.fixture(scope="session")
def model_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A gated model with random weights."""
    folder = tmp_path_factory.mktemp("model")
    write_random_checkpoint(folder / "checkpoint", seed=5, layers=2)
    (folder / "random.tflite").write_bytes(convert(read_checkpoint(folder / "checkpoint")))
    return folder / "random.tflite"


@pytest.fixture(scope="session")
def clip_paths(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, ...]:
    """Two half-second clips of noise bursts with the same file name in two folders."""
    random = np.random.default_rng(3)
    paths = []
    for folder in ("a", "b"):
        path = tmp_path_factory.mktemp(folder) / "burst.wav"
        envelope = np.repeat(random.uniform(0, 8000, 10), 800)
        samples = (random.normal(0, 0.3, 8000) * envelope).clip(-32768, 32767).astype(np.int16)
        soundfile.write(path, samples, 16000)
        paths.append(path)
    return tuple(paths)

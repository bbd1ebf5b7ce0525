"""A small random gated model, and a manifest of two clips of noise."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile
from skipstone.quantize.convert.checkpoint import read_checkpoint
from skipstone.quantize.convert.network import convert
from skipstone.quantize.convert.random_checkpoint import write_random_checkpoint
from skipstone.quantize.corpora.manifest import Utterance, write_manifest


@pytest.fixture(scope="session")
def model_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A gated model with random weights."""
    folder = tmp_path_factory.mktemp("model")
    write_random_checkpoint(folder / "checkpoint", seed=5, layers=2)
    (folder / "random.tflite").write_bytes(convert(read_checkpoint(folder / "checkpoint")))
    return folder / "random.tflite"


@pytest.fixture(scope="session")
def manifest_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two clips of 0.4 s with texts, and one whose words nobody knows."""
    folder = tmp_path_factory.mktemp("clips")
    random = np.random.default_rng(3)
    utterances = []
    for name, meaning in (("a", {"text": "word1 word2"}), ("b", {"text": "word3"}), ("c", {"intent": "x"})):
        samples = random.normal(0, 2000, 6400).astype(np.int16)
        soundfile.write(folder / f"{name}.wav", samples, 16000)
        line = {"audio": str(folder / f"{name}.wav"), "duration": 0.4, **meaning}
        utterances.append(Utterance.model_validate(line))
    write_manifest(folder / "manifest.jsonl", utterances)
    return folder / "manifest.jsonl"

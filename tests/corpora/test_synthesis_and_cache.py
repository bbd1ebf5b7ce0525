"""Synthesized corpora are reproducible; cached features are those of the front end."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
import soundfile
from skipstone.quantize.corpora.feature_cache import corpus_features
from skipstone.quantize.corpora.manifest import Utterance, read_manifest
from skipstone.quantize.corpora.synth import SynthesisError, read_texts, synthesize_corpus, voices_of
from skipstone.quantize.features.log_mel import log_mel, pad_pcm
from skipstone.quantize.features.settings import FeatureSettings


@pytest.mark.parametrize("engine", ["flite", "espeak-ng"])
def test_the_same_seed_speaks_the_same_samples(tmp_path: Path, engine: str) -> None:
    if shutil.which(engine) is None:
        pytest.fail(f"{engine} is not installed; run make setup")
    texts = ["turn on the lamp", "one two three"]
    audio = []
    for name in ("a", "b"):
        manifest = synthesize_corpus(texts, voices_of([engine]), tmp_path / name, seed=4)
        utterances = read_manifest(manifest)
        assert [u.text for u in utterances] == texts
        audio.append([soundfile.read(u.audio, dtype="int16") for u in utterances])
    for (first, rate), (second, _) in zip(*audio, strict=True):
        assert rate == 16000
        assert np.array_equal(first, second)
        assert np.abs(first).max() > 1000


def test_unknown_engine_voice_or_text_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SynthesisError, match="unknown synthesizer"):
        voices_of(["parrot"])
    if shutil.which("flite") is not None:
        with pytest.raises(SynthesisError, match="no voice"):
            voices_of(["flite"], ["nobody"])
    (tmp_path / "empty.txt").write_text("  \n")
    with pytest.raises(SynthesisError, match="no text"):
        read_texts(tmp_path / "empty.txt")


def test_cached_features_equal_the_front_end(tmp_path: Path) -> None:
    generator = np.random.default_rng(1)
    utterances = []
    for index, size in enumerate((4000, 9001)):
        path = tmp_path / f"{index}.wav"
        soundfile.write(path, generator.integers(-3000, 3000, size).astype(np.int16), 16000)
        utterances.append(Utterance(audio=path, text="x", duration=size / 16000))
    settings = FeatureSettings()
    calls = []
    for _ in range(2):
        features = corpus_features(utterances, settings, 3, tmp_path / "cache", lambda: calls.append(1))
    assert len(calls) == 2, "the second time comes from the cache"
    for index, utterance in enumerate(utterances):
        pcm, _ = soundfile.read(utterance.audio, dtype="int16")
        assert np.array_equal(features.utterance(index), log_mel(pad_pcm(pcm, 3)))

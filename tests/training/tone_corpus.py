"""A tiny corpus whose words are tone bursts, so that training tests need no recordings."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import soundfile
from skipstone.quantize.corpora.manifest import Utterance, write_manifest

TONES = {"low": 300.0, "middle": 1000.0, "high": 3000.0}


def write_tone_corpus(folder: Path, count: int, seed: int) -> Path:
    """Write ``count`` utterances of one to three tone words, of speakers ``a``, ``b`` and ``c`` in turn, and
    return the manifest."""
    generator = np.random.default_rng(seed)
    folder.mkdir(parents=True)
    utterances = []
    for index in range(count):
        words = list(generator.choice(list(TONES), int(generator.integers(1, 4))))
        pcm = np.concatenate([burst(TONES[word]) for word in words])
        pcm += generator.normal(0, 20, pcm.size)
        audio = folder / f"{index}.wav"
        soundfile.write(audio, pcm.astype(np.int16), 16000)
        utterances.append(_utterance(audio, words, pcm.size, "abc"[index % 3]))
    write_manifest(folder / "manifest.jsonl", utterances)
    return folder / "manifest.jsonl"


def _utterance(audio: Path, words: list[str], samples: int, speaker: str) -> Utterance:
    return Utterance(audio=audio, text=" ".join(words), duration=samples / 16000, speaker=speaker)


def burst(frequency: float) -> np.ndarray:
    """0.24 s of a tone and 0.12 s of silence, float [5760]."""
    time = np.arange(3840) / 16000
    tone = 8000 * np.sin(2 * np.pi * frequency * time) * np.hanning(time.size)
    return np.concatenate([tone, np.zeros(1920)])

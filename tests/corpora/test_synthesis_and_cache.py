"""Synthesized corpora are reproducible; cached features are those of the front end."""

from __future__ import annotations

import dataclasses
import shutil
from pathlib import Path

import numpy as np
import pytest
import soundfile
from skipstone.quantize.corpora.feature_cache import corpus_features
from skipstone.quantize.corpora.manifest import ManifestError, Utterance, read_manifest
from skipstone.quantize.corpora.synth import read_texts, synthesize_corpus
from skipstone.quantize.corpora.synthesizers import ENGINES, SynthesisError, Voice, speak, speakers_of
from skipstone.quantize.features.log_mel import log_mel, pad_pcm
from skipstone.quantize.features.settings import FeatureError, FeatureSettings


@pytest.mark.parametrize("engine", ["flite", "espeak-ng", "festival"])
def test_the_same_seed_speaks_the_same_samples(tmp_path: Path, engine: str) -> None:
    if shutil.which(ENGINES[engine].program) is None:
        pytest.fail(f"{engine} is not installed; run make setup")
    texts = ["turn on the lamp", "one two three"]
    audio = []
    for name in ("a", "b"):
        manifest = synthesize_corpus(texts, speakers_of([engine]), tmp_path / name, seed=4)
        utterances = read_manifest(manifest)
        assert [u.text for u in utterances] == texts
        assert all(u.speaker and u.speaker.startswith(engine) and u.gender and u.locale for u in utterances)
        audio.append([soundfile.read(u.audio, dtype="int16") for u in utterances])
    for (first, rate), (second, _) in zip(*audio, strict=True):
        assert rate == 16000
        assert np.array_equal(first, second)
        assert np.abs(first).max() > 1000


def test_unknown_engine_voice_or_text_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SynthesisError, match="unknown synthesizer"):
        speakers_of(["parrot"])
    if shutil.which("flite") is not None:
        with pytest.raises(SynthesisError, match="no voice 'nobody'"):
            speakers_of(["flite"], ["slt", "nobody"])
        assert [speaker.label for speaker in speakers_of(["flite"], ["slt"])] == ["flite/slt"]
    (tmp_path / "empty.txt").write_text("  \n")
    with pytest.raises(SynthesisError, match="no text"):
        read_texts(tmp_path / "empty.txt")


def test_an_engine_that_is_not_installed_names_its_packages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(SynthesisError, match="festival is not installed") as error:
        speakers_of(["festival"])
    assert "festvox-us-slt-hts" in error.value.remedy


@pytest.mark.parametrize(
    ("engine", "name"),
    [("flite", "slt"), ("espeak-ng", "en-029+f3"), ("festival", "kal_diphone"),
     ("festival", "cmu_us_slt_arctic_hts")],
)  # fmt: skip
def test_speed_is_heard(engine: str, name: str) -> None:
    (speaker,) = speakers_of([engine], [name])
    slow, fast = (speak("turn on the kitchen lights", Voice(speaker, speed)) for speed in (0.8, 1.25))
    assert len(slow) > 1.2 * len(fast)


@pytest.mark.parametrize("engine", ["flite", "espeak-ng", "festival"])
def test_no_two_speakers_are_the_same_voice(engine: str) -> None:
    heard: dict[bytes, str] = {}
    for speaker in speakers_of([engine]):
        pcm = speak("stop", Voice(speaker)).tobytes()
        assert pcm not in heard, f"{speaker.label} is {heard[pcm]}"
        heard[pcm] = speaker.label


def test_a_voice_that_is_not_there_is_an_error() -> None:
    speaker = dataclasses.replace(speakers_of(["espeak-ng"])[0], name="nobody")
    with pytest.raises(SynthesisError, match="espeak-ng/nobody could not speak"):
        speak("hello", Voice(speaker))


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


def test_any_rate_channels_format_and_length_become_features(tmp_path: Path) -> None:
    utterances = []
    cases = (
        ("a.wav", 44100, 2, 0.1),
        ("b.flac", 8000, 1, 2.0),
        ("c.ogg", 22050, 2, 0.5),
        ("d.opus", 48000, 1, 0.3),
        ("e.wav", 16000, 1, 0.001),
        ("f.flac", 16000, 1, 90.0),
    )
    for name, rate, channels, seconds in cases:
        samples = np.zeros((max(1, round(rate * seconds)), channels))
        format_ = {"format": "OGG", "subtype": "OPUS"} if name.endswith("opus") else {}
        soundfile.write(tmp_path / name, samples, rate, **format_)
        utterances.append(Utterance(audio=tmp_path / name, text="", duration=seconds))
    features = corpus_features(utterances, FeatureSettings(), 1, tmp_path / "cache")
    assert features.texts == ("",) * len(cases)
    for frames, (_, _, _, seconds) in zip(features.lengths(), cases, strict=True):
        assert frames % 4 == 0
        assert 100 * seconds + 4 - 2 <= frames <= 100 * seconds + 4 + 5


def test_recordings_that_cannot_be_trained_on_are_named(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "order.wav", np.zeros(1600), 16000)
    order = Utterance(audio=tmp_path / "order.wav", intent="order", duration=0.1)
    with pytest.raises(ManifestError, match=r"the text of .*order\.wav is not known"):
        corpus_features([order], FeatureSettings(), 1, tmp_path / "cache")
    soundfile.write(tmp_path / "short.wav", np.full(1, 0.5), 48000)
    short = Utterance(audio=tmp_path / "short.wav", text="", duration=0.001)
    with pytest.raises(FeatureError, match=r"short\.wav is shorter than one sample"):
        corpus_features([short], FeatureSettings(), 1, tmp_path / "cache")
    assert not (tmp_path / "cache").exists() or not any((tmp_path / "cache").iterdir())

"""Statistics add up; every kind of fault is found where it is, and nothing is found in a sound corpus."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import given
from hypothesis import strategies as st
from skipstone.quantize.corpora.checks import REMEDIES, Finding, check_corpus
from skipstone.quantize.corpora.histogram import corpus_histogram
from skipstone.quantize.corpora.manifest import Utterance, Word
from skipstone.quantize.corpora.statistics import corpus_statistics
from sounds import write_tone

TOKENS = ("<blank>", "▁yes", "▁no", "▁turn", "ing")


def kinds(findings: list[Finding]) -> list[str]:
    return [finding.kind for finding in findings]


@pytest.fixture
def good(tmp_path: Path) -> Utterance:
    return Utterance(audio=write_tone(tmp_path / "good.wav"), text="yes no", duration=0.5, speaker="s")


def changed(utterance: Utterance, **labels: object) -> Utterance:
    return utterance.model_copy(update=labels)


def test_a_sound_corpus_has_no_findings(tmp_path: Path, good: Utterance) -> None:
    noise = np.random.default_rng(1).integers(-500, 500, 1600).astype(np.int16)
    soundfile.write(tmp_path / "noise.ogg", noise, 16000)
    write_tone(tmp_path / "zero.flac", 0.1, level=0.0)
    utterances = [
        good,
        Utterance(audio=tmp_path / "noise.ogg", text="", duration=0.1),
        Utterance(audio=tmp_path / "zero.flac", text="", duration=0.1),
        Utterance(audio=write_tone(tmp_path / "eight.wav", 3, 8000, hertz=500), intent="order", duration=3),
    ]
    assert list(check_corpus(utterances, TOKENS)) == []


LABELS = {
    "duration": {"duration": 0.6},
    "unlabelled": {"text": None},
    "empty text": {"text": ""},
    "spelling": {"text": "Yes, no"},
    "unknown word": {"text": "yes maybe"},
    "too short": {"text": "yes no " * 10 + "yes"},
    "word times": {"words": (Word(text="yes", start=0.3, end=0.4), Word(text="no", start=0.1, end=0.2))},
}


@pytest.mark.parametrize("kind", LABELS)
def test_faults_of_labels(good: Utterance, kind: str) -> None:
    findings = list(check_corpus([changed(good, **LABELS[kind])], TOKENS))
    assert kind in kinds(findings)
    assert set(kinds(findings)) - {kind, "unknown word"} == set()
    assert all(finding.audio == str(good.audio) and finding.remedy for finding in findings)


def test_words_that_are_not_the_text_or_end_too_late(good: Utterance) -> None:
    late = (Word(text="yes", start=0.1, end=0.2), Word(text="no", start=0.3, end=2.0))
    other = (Word(text="yes", start=0.1, end=0.2),)
    for words in (late, other):
        assert kinds(list(check_corpus([changed(good, words=words)]))) == ["word times"]


def test_faults_of_recordings(tmp_path: Path, good: Utterance) -> None:
    shutil.copy(good.audio, tmp_path / "copy.wav")
    (tmp_path / "text.wav").write_text("no audio")
    square = np.sign(np.sin(np.arange(8000) / 5)) * 0.99999
    soundfile.write(tmp_path / "square.wav", square, 16000)
    quiet = write_tone(tmp_path / "quiet.wav", level=0.0005)
    utterances = [
        good,
        changed(good, audio=tmp_path / "copy.wav"),
        good,
        changed(good, audio=tmp_path / "text.wav"),
        changed(good, audio=tmp_path / "missing.wav"),
        changed(good, audio=tmp_path / "square.wav"),
        changed(good, audio=quiet),
    ]
    calls: list[int] = []
    findings = list(check_corpus(utterances, advance=lambda: calls.append(1)))
    assert kinds(findings) == ["duplicate", "duplicate", "unreadable", "unreadable", "clipped", "silent"]
    assert findings[0].detail == f"has the samples of {good.audio}"
    assert len(calls) == len(utterances)


def test_every_kind_of_fault_is_tested() -> None:
    assert set(REMEDIES) == {*LABELS, "duplicate", "unreadable", "clipped", "silent"}


@pytest.mark.parametrize(
    ("word", "known"), [("turning", True), ("turn", True), ("ing", False), ("yesno", False)]
)
def test_words_may_be_made_of_pieces(good: Utterance, word: str, known: bool) -> None:
    findings = kinds(list(check_corpus([changed(good, text=word)], TOKENS)))
    assert findings == ([] if known else ["unknown word"])


cohort = st.sampled_from([None, "a", "b", "c"])
corpora = st.lists(
    st.builds(
        Utterance,
        audio=st.just(Path("x.wav")),
        text=st.none() | st.lists(st.sampled_from(["yes", "no", "stop"]), max_size=4).map(" ".join),
        duration=st.floats(0.01, 100),
        speaker=cohort,
        gender=cohort,
        domain=cohort,
    ),
    min_size=1,
    max_size=20,
)


@given(corpora)
def test_cohorts_add_up_to_the_total(utterances: list[Utterance]) -> None:
    statistics = corpus_statistics(utterances)
    total = statistics.total
    assert total.utterances == len(utterances)
    assert total.words == sum(statistics.vocabulary.values())
    assert statistics.shortest <= statistics.median <= statistics.longest
    for values in statistics.cohorts.values():
        assert sum(amount.utterances for amount in values.values()) == total.utterances
        assert sum(amount.words for amount in values.values()) == total.words
        assert sum(amount.hours for amount in values.values()) == pytest.approx(total.hours)
    assert statistics.without_text == sum(utterance.text is None for utterance in utterances)


def test_histogram_is_a_png_with_or_without_texts(good: Utterance) -> None:
    for corpus in ([good, changed(good, text=None)], [changed(good, text=None)]):
        assert corpus_histogram(corpus, "title").startswith(b"\x89PNG")

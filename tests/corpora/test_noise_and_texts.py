"""Noise made from nothing, and the texts of voice commands."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
import soundfile
from skipstone.quantize.corpora.command_grammar import DIGITS, KINDS, SHORT, draw_texts
from skipstone.quantize.corpora.corpus_folder import CorpusFolderError
from skipstone.quantize.corpora.manifest import read_manifest
from skipstone.quantize.corpora.noise_synthesis import make_noises
from skipstone.quantize.features.audio import read_audio


def test_kinds_take_turns_and_the_same_seed_gives_the_same_samples(tmp_path: Path) -> None:
    speech = tmp_path / "speech.wav"
    soundfile.write(speech, 0.3 * np.sin(np.arange(8000) / 7), 16000)
    first = read_manifest(make_noises(tmp_path / "a", [speech], 6, 0.5, seed=3))
    again = read_manifest(make_noises(tmp_path / "b", [speech], 6, 0.5, seed=3))
    assert [noise.domain for noise in first] == ["babble", "coloured", "kitchen"] * 2
    assert all(noise.text == "" and noise.duration == 0.5 for noise in first)
    sounds = [read_audio(noise.audio) for noise in first]
    for one, other in zip(sounds, again, strict=True):
        assert np.array_equal(one, read_audio(other.audio))
        assert 15_000 < np.abs(one).max() < 17_500
    assert len({sound.tobytes() for sound in sounds}) == 6


def test_without_speech_there_is_no_babble(tmp_path: Path) -> None:
    noises = read_manifest(make_noises(tmp_path / "a", [], 4, 0.2, seed=1))
    assert [noise.domain for noise in noises] == ["coloured", "kitchen"] * 2


def test_another_folder_is_not_replaced(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("mine")
    with pytest.raises(CorpusFolderError):
        make_noises(tmp_path, [], 1, 0.2, seed=1)
    assert (tmp_path / "thesis.txt").read_text() == "mine"


def test_coffee_orders_are_said_as_people_say_them() -> None:
    orders = draw_texts(2000, seed=1, kind="coffee")
    assert len(set(orders)) == 2000
    for phrase in (
        r"\ba (iced|americano|eight)",
        r"\ban [^aeiou]",
        r"\bthe ",
        "sugar and .*milk",
        "milk and .*sugar",
    ):
        assert any(re.search(phrase, order) for order in orders), phrase


def test_short_texts_may_repeat() -> None:
    texts = draw_texts(300, seed=1, kind="short")
    assert set(texts) <= set(DIGITS) | set(SHORT)
    assert len(set(texts)) > 30


@pytest.mark.parametrize("kind", KINDS)
def test_texts_are_words_parted_by_single_blanks(kind: str) -> None:
    for text in draw_texts(100, seed=2, kind=kind):
        assert re.fullmatch(r"[a-z']+( [a-z']+)*", text), text

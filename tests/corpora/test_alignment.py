"""Forced alignment: word times lie where the words are; unknown words and wrong texts are refused."""

from __future__ import annotations

import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from skipstone.quantize.corpora.alignment import Aligner, AlignmentError, read_pronunciations
from skipstone.quantize.corpora.manifest import Utterance, read_manifest, write_manifest
from skipstone.quantize.features.audio import read_audio

CLIPS = Path(__file__).parents[2] / "models" / "commands" / "clips"
GAP = 1.0


@pytest.fixture(scope="module")
def clips() -> list[Utterance]:
    """Two of the demo clips."""
    return read_manifest(CLIPS / "manifest.jsonl")[:2]


@pytest.fixture(scope="module")
def aligner() -> Aligner:
    return Aligner()


def test_words_lie_on_their_side_of_a_pause(aligner: Aligner, clips: list[Utterance]) -> None:
    first, second = (read_audio(clip.audio) for clip in clips)
    pause = np.zeros(int(GAP * 16000), np.int16)
    text = f"{clips[0].text} {clips[1].text}"
    words = aligner.align(np.concatenate([first, pause, second]), text)
    assert [word.text for word in words] == text.split()
    assert all(word.start < word.end for word in words)
    assert all(a.end <= b.start for a, b in pairwise(words))
    boundary = len(str(clips[0].text).split())
    end = len(first) / 16000
    assert words[boundary - 1].end < end + 0.1
    assert words[boundary].start > end + GAP - 0.1


def test_times_stay_inside_the_clip(aligner: Aligner, clips: list[Utterance]) -> None:
    pcm = read_audio(clips[0].audio)
    quiet = np.abs(pcm) < 300
    speech = pcm[np.argmin(quiet) : len(pcm) - np.argmin(quiet[::-1])]
    words = aligner.align(speech, str(clips[0].text))
    assert words[0].start >= 0.0
    assert words[-1].end <= len(speech) / 16000


def test_compounds_and_given_pronunciations_are_known(tmp_path: Path) -> None:
    aligner = Aligner({"zorblax": "Z AO R B L AE K S"})
    aligner.check_words(["snowboy zorblax"])
    with pytest.raises(AlignmentError, match="qqxz, xqzt"):
        aligner.check_words(["stop xqzt", "qqxz"])
    with pytest.raises(AlignmentError, match="zorblax"):
        Aligner({"zorblax": "QQ ZZ"})
    path = tmp_path / "words.txt"
    path.write_text("# ours\n\nZorblax z ao r  b l ae k s\n")
    assert read_pronunciations(path) == {"zorblax": "Z AO R B L AE K S"}
    path.write_text("zorblax\n")
    with pytest.raises(AlignmentError, match=":1: 'zorblax' has no phones"):
        read_pronunciations(path)
    with pytest.raises(AlignmentError, match="cannot read"):
        read_pronunciations(tmp_path / "absent.txt")


def test_no_words_and_no_room_for_the_words(aligner: Aligner) -> None:
    assert aligner.align(np.zeros(16000, np.int16), "") == ()
    with pytest.raises(AlignmentError, match="was not found"):
        aligner.align(np.zeros(160, np.int16), "set a timer for seventeen minutes and then brew some coffee")


def test_the_verb_writes_words_and_counts_what_failed(tmp_path: Path, clips: list[Utterance]) -> None:
    silent = clips[1].model_copy(update={"text": None})
    write_manifest(tmp_path / "in.jsonl", [clips[0], silent])
    command = [
        sys.executable,
        "-m",
        "skipstone.tools.cli.main",
        "corpus",
        "align",
        str(tmp_path / "in.jsonl"),
    ]
    output = tmp_path / "out.jsonl"
    done = subprocess.run([*command, "-o", str(output)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "1 aligned, 0 not, 1 without a text" in done.stdout
    first, second = read_manifest(output)
    assert first.words is not None
    assert [word.text for word in first.words] == str(clips[0].text).split()
    assert second.words is None
    (tmp_path / "in.jsonl").write_text(
        (tmp_path / "in.jsonl").read_text().replace(str(clips[0].text), "xqzt")
    )
    refused = subprocess.run([*command, "-o", str(output)], capture_output=True, text=True, check=False)
    assert refused.returncode == 1
    assert "no pronunciation is known for: xqzt" in refused.stderr

"""Faults of a corpus: recordings and labels that spoil training or mislead evaluation."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray
from skipstone.quantize.corpora.manifest import Utterance
from skipstone.quantize.corpora.text_normalization import normalize_text
from skipstone.quantize.corpora.tokens import WORD_START
from skipstone.quantize.features.audio import SAMPLE_RATE, read_audio
from skipstone.quantize.features.settings import FeatureError

SILENT_PEAK = 33
"""Of 32,768: −60 dB."""
FULL_SCALE = 32_766
CLIPPED_SHARE = 0.001
"""Share of samples at full scale from which a recording counts as clipped."""
DURATION_TOLERANCE = (0.05, 0.01)
"""A duration may be off by 50 ms or by 1 %, whichever is more: codecs pad."""
STEP_SECONDS = 0.04
"""One token a step at most can be written."""

REMEDIES = {
    "unreadable": "export the recording again, or remove the line",
    "silent": "record it again, or set the text to an empty string",
    "clipped": "record it at a lower level, or remove the line",
    "duration": "correct duration in the manifest",
    "unlabelled": "add text (an empty string where nobody speaks), or intent and slots",
    "empty text": "transcribe it, or remove the speaker of a recording of noise",
    "spelling": "normalise the text: lower case, numbers as words, no punctuation",
    "unknown word": "correct the spelling, or train with texts that have the word",
    "too short": "correct the text or the recording: there are fewer steps of 40 ms than words",
    "word times": "align the words again",
    "duplicate": "remove one of the two, above all where one is trained on and the other is evaluated",
}
"""Kind of a fault → what to do."""


@dataclass(frozen=True)
class Finding:
    """One fault: its kind (a key of :data:`REMEDIES`), the recording, and what is wrong with it."""

    kind: str
    audio: str
    detail: str

    @property
    def remedy(self) -> str:
        """What to do about it."""
        return REMEDIES[self.kind]


def check_corpus(
    utterances: Sequence[Utterance],
    tokens: Sequence[str] | None = None,
    advance: Callable[[], None] = lambda: None,
) -> Iterator[Finding]:
    """Check every utterance, and that no two have the same samples.

    Args:
        tokens: of a model; words that cannot be written in them are found. None: words are not checked.
        advance: called once an utterance.
    """
    can_write = None if tokens is None else cache(_Speller(tokens))
    first: dict[bytes, str] = {}
    for utterance in utterances:
        audio = str(utterance.audio)
        yield from (Finding(kind, audio, detail) for kind, detail in _check_labels(utterance, can_write))
        try:
            pcm = read_audio(utterance.audio)
        except FeatureError as error:
            yield Finding("unreadable", audio, error.cause)
        else:
            yield from (Finding(kind, audio, detail) for kind, detail in _check_sound(utterance, pcm))
            digest = hashlib.sha256(pcm.tobytes()).digest()
            if digest in first and pcm.any():
                yield Finding("duplicate", audio, f"has the samples of {first[digest]}")
            first.setdefault(digest, audio)
        advance()


def _check_labels(utterance: Utterance, can_write: Callable[[str], bool] | None) -> Iterator[tuple[str, str]]:
    text = utterance.text
    if text is None and utterance.intent is None and not utterance.slots:
        yield "unlabelled", "neither text nor intent is known; evaluation takes it for silence"
    if text == "" and utterance.speaker is not None:
        yield "empty text", f"speaker {utterance.speaker} says nothing"
    if text and text != normalize_text(text):
        yield "spelling", f"{text!r} should be {normalize_text(text)!r}"
    for word in text.split() if text and can_write else ():
        if can_write and not can_write(word):
            yield "unknown word", f"{word!r} in {text!r}"
    if utterance.words is not None:
        yield from _check_words(utterance)


def _check_words(utterance: Utterance) -> Iterator[tuple[str, str]]:
    words = utterance.words or ()
    spoken = " ".join(word.text for word in words)
    if utterance.text is not None and spoken != utterance.text:
        yield "word times", f"words are {spoken!r}, text is {utterance.text!r}"
    latest = 0.0
    for word in words:
        if not latest <= word.start <= word.end <= utterance.duration + DURATION_TOLERANCE[0]:
            yield "word times", f"{word.text!r} at {word.start:g}–{word.end:g} s is out of order"
            return
        latest = word.start


def _check_sound(utterance: Utterance, pcm: NDArray[np.int16]) -> Iterator[tuple[str, str]]:
    seconds = len(pcm) / SAMPLE_RATE
    absolute, relative = DURATION_TOLERANCE
    if abs(seconds - utterance.duration) > max(absolute, relative * seconds):
        yield "duration", f"the manifest says {utterance.duration:g} s, there are {seconds:.3f} s"
    levels = np.abs(pcm.astype(np.int32))
    if int(levels.max()) < SILENT_PEAK and utterance.reference != "":
        yield "silent", f"peak {int(levels.max())} of 32768"
    clipped = float(np.mean(levels >= FULL_SCALE))
    if clipped > CLIPPED_SHARE:
        yield "clipped", f"{100 * clipped:.2f} % of the samples are at full scale"
    words = len((utterance.text or "").split())
    if words > seconds / STEP_SECONDS:
        yield "too short", f"{words} words in {seconds:.2f} s"


class _Speller:
    """Whether a word can be written as a sequence of tokens (whole words, or pieces of words)."""

    def __init__(self, tokens: Iterable[str]) -> None:
        self._tokens = frozenset(tokens)

    def __call__(self, word: str) -> bool:
        marked = WORD_START + word
        reached = {0}
        for end in range(1, len(marked) + 1):
            if any(marked[start:end] in self._tokens for start in reached):
                reached.add(end)
        return len(marked) in reached

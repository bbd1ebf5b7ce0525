"""Long streams: utterances after one another with pauses between, so that a stated share is silence."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from skipstone.quantize.corpora.corpus_folder import manifest_of, write_corpus
from skipstone.quantize.corpora.manifest import Utterance
from skipstone.quantize.corpora.noises import Noise
from skipstone.quantize.corpora.spread import USUAL_SNR, Spread
from skipstone.quantize.corpora.waveform import (
    SAMPLE_RATE,
    Samples,
    WaveformError,
    active_span,
    add_noise,
    to_float,
    to_pcm,
)
from skipstone.quantize.features.audio import read_audio

_FADE = 80
"""5 ms at either end of a recording, so that it does not click into digital silence."""
_COHORTS = ("speaker", "gender", "locale", "domain")


@dataclass(frozen=True)
class _Piece:
    """One recording, and the times of the first and the last sound in it, in seconds."""

    utterance: Utterance
    samples: Samples
    start: float
    end: float

    @property
    def speech(self) -> float:
        return self.end - self.start if self.utterance.text else 0.0


@dataclass(frozen=True)
class StreamSettings:
    """How streams are made.

    Attributes:
        seconds: length aimed at.
        silence: share of a stream that is no speech, 0 to below 1: pauses, and what stands before the first
            and after the last sound of each recording (25 ms frames within 40 dB of its loudest one), and
            recordings with an empty text.
        noises, snr: one noise a stream is mixed behind all of it, at ``snr`` decibels (none: pauses are
            zeros).
    """

    seconds: float = 60.0
    silence: float = 0.7
    noises: tuple[Noise, ...] = ()
    snr: Spread = USUAL_SNR

    def __post_init__(self) -> None:
        if not (0 <= self.silence < 1 and self.seconds > 0):
            raise WaveformError(
                f"streams of {self.seconds:g} s with a share of {self.silence:g} silence cannot be made",
                "use a length above 0 and a share from 0 to below 1",
            )


def stream_corpus(
    utterances: Sequence[Utterance],
    settings: StreamSettings,
    folder: Path,
    seed: int = 1,
    advance: Callable[[], None] = lambda: None,
) -> Path:
    """Join all utterances, each once and in random order, to streams in ``folder``.

    A line of the manifest has the joined ``text``, ``words`` with their times where the sources have them or
    are one word long, ``segments`` (``text``, ``start``, ``end`` in seconds, ``of``, cohorts, intent and
    slots of each recording), and ``silence``, the share measured. Cohorts that all recordings of a stream
    share are kept. Recordings that are quiet for longer than the share allows make a stream with a larger
    share.

    Args:
        utterances: with known texts (:func:`~skipstone.quantize.corpora.manifest.transcribed`).
        advance: called once an utterance.

    Returns:
        The path of the manifest.

    Raises:
        FeatureError: a recording cannot be read.
        CorpusFolderError: ``folder`` cannot be replaced.
    """
    generator = np.random.default_rng(seed)
    order = [utterances[int(index)] for index in generator.permutation(len(utterances))]
    with write_corpus(folder, utterances) as writer:
        for index, pieces in enumerate(_groups(order, settings, advance)):
            samples, labels = _join(pieces, settings, generator)
            writer.add(f"{index:05d}", to_pcm(samples), labels)
    return manifest_of(folder)


def _groups(
    utterances: Sequence[Utterance], settings: StreamSettings, advance: Callable[[], None]
) -> Iterator[list[_Piece]]:
    """Recordings of one stream after another: as many as fill ``seconds`` with the share of silence."""
    pieces: list[_Piece] = []
    for utterance in utterances:
        samples = to_float(read_audio(utterance.audio))
        pieces.append(_Piece(utterance, samples, *active_span(samples)))
        advance()
        played = sum(len(piece.samples) for piece in pieces) / SAMPLE_RATE
        speech = sum(piece.speech for piece in pieces)
        if max(played, speech / (1 - settings.silence)) >= settings.seconds:
            yield pieces
            pieces = []
    if pieces:
        yield pieces


def _join(
    pieces: Sequence[_Piece], settings: StreamSettings, generator: np.random.Generator
) -> tuple[Samples, dict[str, Any]]:
    """Samples and labels of one stream."""
    speech = sum(piece.speech for piece in pieces)
    played = sum(len(piece.samples) for piece in pieces)
    pause = max(0, round(speech / (1 - settings.silence) * SAMPLE_RATE) - played)
    gaps = np.floor(generator.dirichlet(np.full(len(pieces) + 1, 2.0)) * pause).astype(int)
    stream = np.zeros(played + int(gaps.sum()))
    segments, position = [], 0
    for piece, gap in zip(pieces, gaps[:-1], strict=True):
        position += int(gap)
        stream[position : position + len(piece.samples)] = _faded(piece.samples)
        segments.append(_segment(piece, position / SAMPLE_RATE))
        position += len(piece.samples)
    labels = _labels(pieces, segments)
    labels["silence"] = round(1 - speech * SAMPLE_RATE / len(stream), 3)
    if settings.noises and stream.any():
        noise = settings.noises[int(generator.integers(len(settings.noises)))]
        labels["snr_db"], labels["noise"] = round(settings.snr.draw(generator), 2), noise.name
        stream = add_noise(stream, noise.samples, labels["snr_db"], generator)
    return stream, labels


def _faded(samples: Samples) -> Samples:
    length = min(_FADE, len(samples) // 2)
    ramp = np.linspace(0, 1, length, endpoint=False)
    faded = samples.copy()
    faded[:length] *= ramp
    faded[len(faded) - length :] *= ramp[::-1]
    return faded


def _segment(piece: _Piece, offset: float) -> dict[str, Any]:
    labels = piece.utterance.model_dump(include={"text", "intent", "slots", *_COHORTS}, exclude_none=True)
    times = {"start": round(offset + piece.start, 3), "end": round(offset + piece.end, 3)}
    words = _words(piece, offset)
    return {**labels, **times, "of": piece.utterance.audio.name, **({"words": words} if words else {})}


def _words(piece: _Piece, offset: float) -> list[dict[str, Any]] | None:
    """Word times in the stream; those of a single word are those of the sound. None if unknown."""
    known = piece.utterance.words
    text = piece.utterance.text or ""
    if known is None and len(text.split()) == 1:
        return [{"text": text, "start": round(offset + piece.start, 3), "end": round(offset + piece.end, 3)}]
    if known is None:
        return None if text else []
    return [
        {"text": word.text, "start": round(offset + word.start, 3), "end": round(offset + word.end, 3)}
        for word in known
    ]


def _labels(pieces: Sequence[_Piece], segments: list[dict[str, Any]]) -> dict[str, Any]:
    labels: dict[str, Any] = {"text": " ".join(filter(None, (piece.utterance.text for piece in pieces)))}
    for cohort in _COHORTS:
        values = {getattr(piece.utterance, cohort) for piece in pieces}
        if len(values) == 1:
            labels[cohort] = values.pop()
    if all(segment.get("words") or not segment["text"] for segment in segments):
        labels["words"] = [word for segment in segments for word in segment.get("words", [])]
    for segment in segments:
        segment.pop("words", None)
    return {**labels, "segments": segments}

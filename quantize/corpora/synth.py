"""Corpora of synthesized speech: text variety for training, and clips that may be shipped."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from skipstone.quantize.corpora.corpus_folder import manifest_of, write_corpus
from skipstone.quantize.corpora.synthesizers import Speaker, SynthesisError, Voice, speak


def draw_voices(speakers: Sequence[Speaker], count: int, seed: int) -> Iterator[Voice]:
    """``count`` voices: engines in equal shares, then their speakers in equal shares; speed 0.8–1.25, pitch
    0.8–1.25."""
    generator = random.Random(seed)
    by_engine: dict[str, list[Speaker]] = {}
    for speaker in speakers:
        by_engine.setdefault(speaker.engine, []).append(speaker)
    engines = list(by_engine)
    for index in range(count):
        speaker = generator.choice(by_engine[engines[index % len(engines)]])
        yield Voice(speaker, generator.uniform(0.8, 1.25), generator.uniform(0.8, 1.25))


def synthesize_corpus(
    texts: Sequence[str],
    speakers: Sequence[Speaker],
    folder: Path,
    seed: int,
    advance: Callable[[], None] = lambda: None,
) -> Path:
    """Speak every text once and write ``folder`` with FLAC files and ``manifest.jsonl``.

    The folder replaces an older corpus only when every clip is there. The same arguments and engine
    versions give the same samples. ``speaker``, ``gender`` and ``locale`` are those of the voice; ``speed``
    and ``pitch`` say how it was asked to speak.

    Returns:
        The path of the manifest.

    Raises:
        SynthesisError: an engine failed.
        CorpusFolderError: ``folder`` cannot be replaced.
    """
    with write_corpus(folder) as writer:
        for index, (text, voice) in enumerate(
            zip(texts, draw_voices(speakers, len(texts), seed), strict=True)
        ):
            speaker = voice.speaker
            labels = {
                "text": text,
                "speaker": speaker.label,
                "gender": speaker.gender,
                "locale": speaker.locale,
                "speed": round(voice.speed, 3),
                "pitch": round(voice.pitch, 3),
            }
            writer.add(f"{index:05d}", speak(text, voice), labels)
            advance()
    return manifest_of(folder)


def read_texts(path: Path) -> list[str]:
    """Non-empty lines of ``path``, lower case, blanks squeezed.

    Raises:
        SynthesisError: the file cannot be read or has no text.
    """
    try:
        lines = path.read_text(encoding="utf-8").lower().splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise SynthesisError(
            f"cannot read texts {path}: {error}", "give a UTF-8 text file, one utterance a line"
        ) from error
    texts = [" ".join(line.split()) for line in lines if line.strip()]
    if not texts:
        raise SynthesisError(f"{path} has no text", "write one utterance a line")
    return texts

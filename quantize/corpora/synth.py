"""Speech made by offline synthesizers (flite, espeak-ng): text variety for training, and clips that
may be shipped."""

from __future__ import annotations

import random
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray
from skipstone.quantize.artefacts import write_folder
from skipstone.quantize.corpora.manifest import Utterance, write_manifest
from skipstone.quantize.errors import SkipstoneError
from skipstone.quantize.features.audio import read_audio

SAMPLE_RATE = 16000
ENGINES: dict[str, tuple[str, ...]] = {
    "flite": ("awb", "kal16", "rms", "slt"),
    "espeak-ng": tuple(
        f"{language}{variant}"
        for language in ("en-us", "en-gb", "en-gb-scotland", "en-gb-x-rp", "en-gb-x-gbclan", "en-us-nyc")
        for variant in ("", "+f2", "+f3", "+f4", "+m3", "+m5", "+m7", "+klatt3")
    ),
}


class SynthesisError(SkipstoneError):
    """A synthesizer is missing, unknown, or failed."""


@dataclass(frozen=True)
class Voice:
    """One way to speak: ``speed`` 1.0 is the engine's own pace, ``pitch`` 1.0 its own pitch."""

    engine: str
    name: str
    speed: float = 1.0
    pitch: float = 1.0

    @property
    def speaker(self) -> str:
        """Label in a manifest, for instance ``flite/slt``."""
        return f"{self.engine}/{self.name}"


def voices_of(engines: Sequence[str], names: Sequence[str] | None = None) -> list[tuple[str, str]]:
    """(engine, voice) pairs of ``engines``, only those in ``names`` if given.

    Raises:
        SynthesisError: an engine is unknown or not installed, or no voice is left.
    """
    pairs = []
    for engine in engines:
        if engine not in ENGINES:
            raise SynthesisError(f"unknown synthesizer {engine!r}", f"use one of {', '.join(ENGINES)}")
        if shutil.which(engine) is None:
            raise SynthesisError(
                f"{engine} is not installed", f"install it (Debian: apt-get install {engine})"
            )
        pairs += [(engine, name) for name in ENGINES[engine] if names is None or name in names]
    if not pairs:
        raise SynthesisError("no voice is left to speak", f"choose voices of {', '.join(engines)}")
    return pairs


def speak(text: str, voice: Voice) -> NDArray[np.int16]:
    """Speak ``text``.

    Returns:
        int16 [n] at 16 kHz, silence before and after as the engine made it.

    Raises:
        SynthesisError: the engine failed.
    """
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "speech.wav"
        command = _COMMANDS[voice.engine](text, voice, path)
        result = subprocess.run(command, capture_output=True, text=True, check=False)
        if result.returncode or not path.exists():
            reason = (result.stderr.strip() or "no output").splitlines()[-1]
            raise SynthesisError(
                f"{voice.speaker} could not speak {text!r}: {reason}",
                "check the voice with the engine itself",
            )
        return read_audio(path)


def _flite_command(text: str, voice: Voice, path: Path) -> list[str]:
    pitches = {"awb": 120.0, "kal16": 105.0, "rms": 100.0, "slt": 170.0}
    return [
        "flite", "-voice", voice.name, "--setf", f"duration_stretch={1 / voice.speed:.3f}",
        "--setf", f"int_f0_target_mean={pitches.get(voice.name, 120.0) * voice.pitch:.1f}",
        "-t", text, "-o", str(path),
    ]  # fmt: skip


def _espeak_command(text: str, voice: Voice, path: Path) -> list[str]:
    speed, pitch = round(165 * voice.speed), round(min(99.0, 50 * voice.pitch))
    return ["espeak-ng", "-v", voice.name, "-s", str(speed), "-p", str(pitch), "-w", str(path), "--", text]


_COMMANDS: dict[str, Callable[[str, Voice, Path], list[str]]] = {
    "flite": _flite_command,
    "espeak-ng": _espeak_command,
}


def draw_voices(pairs: Sequence[tuple[str, str]], count: int, seed: int) -> Iterator[Voice]:
    """``count`` voices: engines in equal shares, then voices in equal shares; speed 0.8–1.25, pitch
    0.8–1.25."""
    generator = random.Random(seed)
    by_engine: dict[str, list[str]] = {}
    for engine, name in pairs:
        by_engine.setdefault(engine, []).append(name)
    engines = list(by_engine)
    for index in range(count):
        engine = engines[index % len(engines)]
        name = generator.choice(by_engine[engine])
        yield Voice(engine, name, generator.uniform(0.8, 1.25), generator.uniform(0.8, 1.25))


def synthesize_corpus(
    texts: Sequence[str],
    pairs: Sequence[tuple[str, str]],
    folder: Path,
    seed: int,
    advance: Callable[[], None] = lambda: None,
) -> Path:
    """Speak every text once and write ``folder`` with FLAC files and ``manifest.jsonl``.

    The folder replaces an older one only when every clip is there. The same arguments and engine
    versions give the same samples.

    Returns:
        The path of the manifest.
    """
    with write_folder(folder) as temporary:
        (temporary / "audio").mkdir()
        utterances = []
        for index, (text, voice) in enumerate(zip(texts, draw_voices(pairs, len(texts), seed), strict=True)):
            pcm = speak(text, voice)
            audio = temporary / "audio" / f"{index:05d}.flac"
            soundfile.write(audio, pcm, SAMPLE_RATE, subtype="PCM_16")
            utterances.append(
                Utterance(
                    audio=audio, text=text, duration=round(len(pcm) / SAMPLE_RATE, 3), speaker=voice.speaker
                )
            )
            advance()
        write_manifest(temporary / "manifest.jsonl", utterances)
    return folder / "manifest.jsonl"


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

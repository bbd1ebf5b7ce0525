"""Offline speech synthesizers of Debian: their voices, and how each is asked to speak."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from skipstone.quantize.errors import SkipstoneError
from skipstone.quantize.features.audio import read_audio


class SynthesisError(SkipstoneError):
    """A synthesizer is missing, unknown, or failed."""


@dataclass(frozen=True)
class Speaker:
    """A voice of an engine, as a manifest labels it."""

    engine: str
    name: str
    gender: str
    locale: str

    @property
    def label(self) -> str:
        """For instance ``flite/slt``."""
        return f"{self.engine}/{self.name}"


@dataclass(frozen=True)
class Voice:
    """One way to speak: ``speed`` 1.0 is the engine's own pace, ``pitch`` 1.0 its own pitch."""

    speaker: Speaker
    speed: float = 1.0
    pitch: float = 1.0


@dataclass(frozen=True)
class Engine:
    """A synthesizer.

    Attributes:
        program: what must be on the path.
        packages: Debian packages that bring it and its voices.
        speakers: its voices.
        command: ``(text, voice, wave file) → arguments``; the text comes on standard input as well.
    """

    program: str
    packages: str
    speakers: tuple[Speaker, ...]
    command: Callable[[str, Voice, Path], list[str]]


_FLITE_HERTZ = {"awb": 120.0, "kal16": 105.0, "rms": 100.0, "slt": 170.0}
_FESTIVAL_HERTZ = {"kal_diphone": 105.0, "ked_diphone": 113.0}

# Not "en-gb": it has no file of that name, and espeak-ng then ignores the variant.
_ESPEAK_LANGUAGES = {
    "en-us": "en-US",
    "en": "en-GB",
    "en-gb-scotland": "en-GB",
    "en-gb-x-rp": "en-GB",
    "en-gb-x-gbclan": "en-GB",
    "en-gb-x-gbcwmd": "en-GB",
    "en-us-nyc": "en-US",
    "en-029": "en-029",
}
_ESPEAK_VARIANTS = {
    "male": (
        "", "m1", "m2", "m3", "m4", "m5", "m6", "m7", "m8", "klatt2", "klatt3", "klatt4", "Andy", "Lee",
        "adam", "john", "paul", "rob", "travis", "victor", "grandpa",
    ),
    "female": (
        "f1", "f2", "f3", "f4", "f5", "Alicia", "Annie", "anika", "belinda", "linda", "steph", "grandma",
    ),
}  # fmt: skip


def _flite_command(text: str, voice: Voice, wave: Path) -> list[str]:
    name = voice.speaker.name
    return [
        "flite", "-voice", name, "--setf", f"duration_stretch={1 / voice.speed:.3f}",
        "--setf", f"int_f0_target_mean={_FLITE_HERTZ[name] * voice.pitch:.1f}",
        "-t", text, "-o", str(wave),
    ]  # fmt: skip


def _espeak_command(text: str, voice: Voice, wave: Path) -> list[str]:
    speed, pitch = round(165 * voice.speed), round(min(99.0, 50 * voice.pitch))
    return [
        "espeak-ng", "-v", voice.speaker.name, "-s", str(speed), "-p", str(pitch),
        "-w", str(wave), "--", text,
    ]  # fmt: skip


def _festival_command(_text: str, voice: Voice, wave: Path) -> list[str]:
    name = voice.speaker.name
    if name in _FESTIVAL_HERTZ:
        mean = _FESTIVAL_HERTZ[name] * voice.pitch
        settings = (
            f"(Parameter.set 'Duration_Stretch {1 / voice.speed:.3f}) (set! int_lr_params '((target_f0_mean "
            f"{mean:.1f}) (target_f0_std 14) (model_f0_mean 170) (model_f0_std 34)))"
        )
    else:  # the HTS engine has a pace of its own, and no pitch
        settings = f'(set! hts_engine_params (append hts_engine_params (list (list "-r" {voice.speed:.3f}))))'
    return ["text2wave", "-", "-o", str(wave), "-eval", f"(begin (voice_{name}) {settings})"]


ENGINES = {
    "flite": Engine(
        "flite",
        "flite",
        (
            Speaker("flite", "awb", "male", "en-GB"),
            Speaker("flite", "kal16", "male", "en-US"),
            Speaker("flite", "rms", "male", "en-US"),
            Speaker("flite", "slt", "female", "en-US"),
        ),
        _flite_command,
    ),
    "espeak-ng": Engine(
        "espeak-ng",
        "espeak-ng",
        tuple(
            Speaker("espeak-ng", f"{language}+{variant}" if variant else language, gender, locale)
            for language, locale in _ESPEAK_LANGUAGES.items()
            for gender, variants in _ESPEAK_VARIANTS.items()
            for variant in variants
        ),
        _espeak_command,
    ),
    "festival": Engine(
        "text2wave",
        "festival festvox-kallpc16k festvox-kdlpc16k festvox-us-slt-hts",
        (
            Speaker("festival", "kal_diphone", "male", "en-US"),
            Speaker("festival", "ked_diphone", "male", "en-US"),
            Speaker("festival", "cmu_us_slt_arctic_hts", "female", "en-US"),
        ),
        _festival_command,
    ),
}
"""All from Debian main. Pico (libttspico) and MBROLA are not free, and not in main."""


def speakers_of(engines: Sequence[str], names: Sequence[str] | None = None) -> list[Speaker]:
    """Speakers of ``engines``, only those in ``names`` if given.

    Raises:
        SynthesisError: an engine is unknown or not installed, a name is none of its voices, or no voice is
            left.
    """
    speakers: list[Speaker] = []
    for name in engines:
        if name not in ENGINES:
            raise SynthesisError(f"unknown synthesizer {name!r}", f"use some of {', '.join(ENGINES)}")
        engine = ENGINES[name]
        if shutil.which(engine.program) is None:
            raise SynthesisError(
                f"{name} is not installed", f"install it (Debian: apt-get install {engine.packages})"
            )
        speakers += engine.speakers
    unknown = sorted(set(names or ()) - {speaker.name for speaker in speakers})
    if unknown:
        raise SynthesisError(
            f"no voice {unknown[0]!r} in {', '.join(engines)}",
            "skipstone corpus voices lists them",
        )
    chosen = [speaker for speaker in speakers if names is None or speaker.name in names]
    if not chosen:
        raise SynthesisError("no voice is left to speak", f"choose voices of {', '.join(engines)}")
    return chosen


def speak(text: str, voice: Voice) -> NDArray[np.int16]:
    """Speak ``text``.

    Returns:
        int16 [n] at 16 kHz, silence before and after as the engine made it.

    Raises:
        SynthesisError: the engine failed.
    """
    with tempfile.TemporaryDirectory() as folder:
        wave = Path(folder) / "speech.wav"
        engine = ENGINES[voice.speaker.engine]
        command = engine.command(text, voice, wave)
        result = subprocess.run(
            command, input=text, capture_output=True, text=True, errors="replace", check=False
        )
        if result.returncode or not wave.exists():
            reason = (result.stderr.strip() or "no output").splitlines()[-1]
            raise SynthesisError(
                f"{voice.speaker.label} could not speak {text!r}: {reason}",
                f"check its packages (Debian: {engine.packages})",
            )
        return read_audio(wave)

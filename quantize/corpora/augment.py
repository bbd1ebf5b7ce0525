"""Changed copies of a corpus: speed, padding, room, noise, band and level, as drawn from a seed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from skipstone.quantize.corpora.corpus_folder import manifest_of, write_corpus
from skipstone.quantize.corpora.manifest import Utterance
from skipstone.quantize.corpora.noises import Noise
from skipstone.quantize.corpora.rooms import draw_room, reverberate
from skipstone.quantize.corpora.spread import ONE, USUAL_RT60, USUAL_SNR, ZERO, Spread
from skipstone.quantize.corpora.waveform import (
    SAMPLE_RATE,
    Samples,
    active_power,
    add_noise,
    change_gain,
    change_speed,
    narrow_band,
    to_float,
    to_pcm,
)
from skipstone.quantize.features.audio import read_audio


@dataclass(frozen=True)
class Changes:
    """What may happen to a copy, in this order: speed, padding, room, noise, band, gain.

    Attributes:
        speed: factor; pitch follows.
        padding: seconds of digital silence, drawn once for before and once for after the recording.
        reverberation: probability of a room; ``rt60`` its reverberation time in seconds.
        noises, snr: one of ``noises`` is mixed in at ``snr`` decibels (none: no noise); digital silence, of
            which no ratio can be taken, stays as it is.
        narrow_band: probability of a copy as if recorded at 8 kHz.
        gain: decibels.
    """

    speed: Spread = ONE
    padding: Spread = ZERO
    reverberation: float = 0.0
    rt60: Spread = USUAL_RT60
    noises: tuple[Noise, ...] = ()
    snr: Spread = USUAL_SNR
    narrow_band: float = 0.0
    gain: Spread = ZERO

    def apply(self, samples: Samples, generator: np.random.Generator) -> tuple[Samples, dict[str, Any]]:
        """Change ``samples`` [n].

        Returns:
            The copy [m], and what was done to it: ``speed``, ``padding`` (seconds before and after),
            ``room``, ``noise`` and ``snr_db``, ``narrow_band``, ``gain_db``, each only if it was done.
        """
        done: dict[str, Any] = {}
        speed = round(self.speed.draw(generator), 4)
        if speed != 1.0:
            samples, done["speed"] = change_speed(samples, speed), speed
        padding = [round(self.padding.draw(generator), 3) for _ in range(2)]
        if any(padding):
            before, after = (round(seconds * SAMPLE_RATE) for seconds in padding)
            samples, done["padding"] = np.pad(samples, (before, after)), padding
        if generator.random() < self.reverberation:
            room = draw_room(self.rt60.draw(generator), generator)
            samples, done["room"] = reverberate(samples, room), room.as_dict()
        if self.noises and active_power(samples) > 0:
            noise = self.noises[int(generator.integers(len(self.noises)))]
            snr = round(self.snr.draw(generator), 2)
            samples = add_noise(samples, noise.samples, snr, generator)
            done |= {"noise": noise.name, "snr_db": snr}
        if generator.random() < self.narrow_band:
            samples, done["narrow_band"] = narrow_band(samples), True
        gain = round(self.gain.draw(generator), 2)
        if gain:
            samples, done["gain_db"] = change_gain(samples, gain), gain
        return samples, done


def augment_corpus(
    utterances: Sequence[Utterance],
    changes: Changes,
    folder: Path,
    copies: int = 1,
    seed: int = 1,
    advance: Callable[[], None] = lambda: None,
) -> Path:
    """Write ``copies`` changed copies of every utterance, with its labels, to ``folder``.

    Copy ``c`` of utterance ``i`` depends on ``(seed, i, c)`` only. The key ``augmentation`` says what was
    done (:meth:`Changes.apply`), of which file (``of``), and on top of which earlier changes (``after``).
    Word times follow speed and padding.

    Args:
        advance: called once a copy.

    Returns:
        The path of the manifest.

    Raises:
        FeatureError: a recording cannot be read.
        CorpusFolderError: ``folder`` cannot be replaced.
        WaveformError: reverberation without pyroomacoustics.
    """
    with write_corpus(folder, utterances) as writer:
        for index, utterance in enumerate(utterances):
            samples = to_float(read_audio(utterance.audio))
            for copy in range(copies):
                changed, done = changes.apply(samples, np.random.default_rng([seed, index, copy]))
                labels = _labels(utterance, done)
                writer.add(f"{index:05d}-{copy}", to_pcm(changed), labels)
                advance()
    return manifest_of(folder)


def _labels(utterance: Utterance, done: dict[str, Any]) -> dict[str, Any]:
    labels = utterance.model_dump(exclude={"audio", "duration"})
    notes: dict[str, Any] = {"of": utterance.audio.name, **done}
    if "augmentation" in labels:
        notes["after"] = labels["augmentation"]
    speed, lead = done.get("speed", 1.0), done.get("padding", (0.0,))[0]
    if utterance.words is not None:
        labels["words"] = [
            {
                "text": word.text,
                "start": round(lead + word.start / speed, 3),
                "end": round(lead + word.end / speed, 3),
            }
            for word in utterance.words
        ]
    return {**labels, "augmentation": notes}

"""Stream clips with known word times through a board and take the delay of every recognised word.

The delay of a word is the end of the step that wrote its last token, minus the end of the word. The step can
be computed only when its audio is there, so its end counts; what the board then computes comes on top and is
a figure of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from skipstone.quantize.corpora.manifest import Utterance
from skipstone.quantize.features.audio import read_audio
from skipstone.quantize.features.log_mel import TAIL_STEPS, log_mel, pad_pcm, stack_steps
from skipstone.quantize.features.settings import FeatureSettings
from skipstone.tools.device import Device, StepBatch
from skipstone.tools.latency.errors import LatencyError
from skipstone.tools.latency.words import recognised, written_words

PERCENTILE = 95
CHUNK = 8
FRONT_END_STEPS = 8
"""Steps of audio that show what the front end costs: it does the same work at every step."""


@dataclass(frozen=True)
class WordDelay:
    """One recognised word; times in seconds.

    Attributes:
        end: of the word in its clip.
        delay: from there to the end of the step that wrote it; negative where it was written before its end.
        compute: from there until the board has computed that step (front end and model), waiting for earlier
            steps included, as audio arrives at its own pace.
    """

    word: str
    end: float
    delay: float
    compute: float


@dataclass(frozen=True)
class LatencyRow:
    """All clips with one gate source.

    Attributes:
        gates: the gate source.
        spoken: words with known times.
        delays: of those that were recognised.
    """

    gates: str
    spoken: int
    delays: tuple[WordDelay, ...]

    def as_dict(self) -> dict[str, Any]:
        """Medians and percentiles in milliseconds."""
        row: dict[str, Any] = {"gates": self.gates, "spoken": self.spoken, "recognised": len(self.delays)}
        delay, compute = (
            np.array([getattr(word, name) for word in self.delays]) for name in ("delay", "compute")
        )
        for name, values in (("delay", delay), ("compute", compute), ("delay_with_compute", delay + compute)):
            row[f"{name}_median_ms"] = round(1000 * float(np.median(values)), 2)
            row[f"{name}_p{PERCENTILE}_ms"] = round(1000 * float(np.percentile(values, PERCENTILE)), 2)
        return row


@dataclass(frozen=True)
class TimedClip:
    """One utterance: PCM int16 [n] with its tail of silence, features int8 [T, F], and the spoken words."""

    utterance: Utterance
    pcm: NDArray[np.int16]
    features: NDArray[np.int8]


def read_timed(utterances: Sequence[Utterance], settings: FeatureSettings) -> list[TimedClip]:
    """Read the clips of a manifest.

    Raises:
        LatencyError: no utterance has word times.
    """
    timed = [utterance for utterance in utterances if utterance.words]
    if not timed:
        raise LatencyError(
            "no utterance of the manifest has word times",
            "align it first: skipstone corpus align MANIFEST -o TIMED, then give TIMED",
        )
    clips = []
    for utterance in timed:
        pcm = pad_pcm(read_audio(utterance.audio), TAIL_STEPS, settings)
        features = stack_steps(log_mel(pcm, settings), settings.frames_per_step)
        clips.append(TimedClip(utterance, pcm, features))
    return clips


def measure_latency(
    device: Device,
    clips: Sequence[TimedClip],
    tokens: Sequence[str],
    gates: str,
    step_seconds: float,
    advance: Callable[[int], None] = lambda _: None,
) -> LatencyRow:
    """Delays of all words of ``clips`` with one gate source, the board's state reset before each clip.

    Args:
        device: the board, flashed with the model.
        clips: what is streamed, as features; the front end's cycles are taken from the first clip as audio.
        tokens: vocabulary of the model.
        gates: ``arbitrator``, ``all`` or ``none``.
        step_seconds: audio of one step.
        advance: called with the number of steps done.

    Raises:
        LatencyError: no word was recognised.
    """
    device.set_gates(gates)
    front_end = _front_end_cycles(device, clips[0])
    delays: list[WordDelay] = []
    for clip in clips:
        device.reset()
        batch = _stream(device, clip.features)
        compute = compute_delays((batch.cycles + front_end) / device.info.clock_hz, step_seconds)
        written = written_words(batch.tokens.tolist(), tokens)
        for spoken, word in recognised(clip.utterance.words or (), written):
            delay = (word.step + 1) * step_seconds - spoken.end
            delays.append(WordDelay(spoken.text, spoken.end, delay, float(compute[word.step])))
        advance(len(batch))
    device.set_gates("arbitrator")
    if not delays:
        raise LatencyError(
            f"no word was recognised with gates {gates}", "check that model and manifest belong together"
        )
    spoken_words = sum(len(clip.utterance.words or ()) for clip in clips)
    return LatencyRow(gates, spoken_words, tuple(delays))


def compute_delays(seconds: NDArray[np.float64], step_seconds: float) -> NDArray[np.float64]:
    """From the end of each step's audio until the step is computed, in seconds [T].

    Args:
        seconds: compute time of each step; a step waits until the one before is done.
        step_seconds: audio of one step.
    """
    delays, behind = np.empty(len(seconds)), 0.0
    for step, cost in enumerate(seconds):
        delays[step] = behind + cost
        behind = max(0.0, delays[step] - step_seconds)
    return delays


def _stream(device: Device, features: NDArray[np.int8]) -> StepBatch:
    """All steps of a clip in small messages, so that an emulator on a busy host answers each in time."""
    parts = [features[first : first + CHUNK] for first in range(0, len(features), CHUNK)]
    return StepBatch.join([device.step_features(part, logits=False) for part in parts])


def _front_end_cycles(device: Device, clip: TimedClip) -> float:
    """Mean cycles of the board's front end at the begin of a clip; 0 where the firmware has none."""
    width = device.info.samples_per_step
    if width == 0:
        return 0.0
    device.reset()
    batch = device.step_pcm(clip.pcm.reshape(-1, width)[:FRONT_END_STEPS], logits=False)
    assert batch.front_end_cycles is not None, "step_pcm returns the cycles of the front end"
    return float(batch.front_end_cycles.mean())

"""Command acceptance of a .tflite and a grammar over a manifest, clean or in noise."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from skipstone.quantize.corpora.manifest import Utterance
from skipstone.quantize.corpora.noises import Noise
from skipstone.quantize.corpora.tokens import WORD_START
from skipstone.quantize.corpora.waveform import add_noise, to_float, to_pcm
from skipstone.quantize.evaluation.decode import GreedyCtc, best_token, decode_ids
from skipstone.quantize.evaluation.errors import EvaluationError
from skipstone.quantize.evaluation.evaluate import SpeechMetadata
from skipstone.quantize.evaluation.gates import compute_fraction, gate_bias
from skipstone.quantize.evaluation.idle_reset import as_deployed
from skipstone.quantize.evaluation.runner import Runner
from skipstone.quantize.features.audio import read_audio
from skipstone.quantize.features.log_mel import TAIL_STEPS, log_mel, pad_pcm, stack_steps
from skipstone.quantize.intent.compile import CompiledGrammar
from skipstone.quantize.intent.decoder import IntentDecoder, Interpretation
from skipstone.quantize.intent.words import exact_meaning, interpret_words

Decoding = Literal["logits", "words"]


@dataclass(frozen=True)
class IntentResult:
    """One utterance in one noise.

    Attributes:
        audio, speaker: from the manifest.
        snr: dB, or None without noise added; ``noise`` names the recording.
        wanted, wanted_slots: what is meant; intent None where it is no command.
        intent, slots: what was decoded.
        accepted: a command whose intent and slots are all right, none missing and none too many.
        hypothesis: greedy words, to see what was heard.
        decoding: how it was decoded.
        score: of the decoder, in logit steps.
        steps, compute_fraction: of this utterance.
    """

    audio: str
    speaker: str | None
    snr: float | None
    noise: str | None
    wanted: str | None
    wanted_slots: Mapping[str, str]
    intent: str | None
    slots: Mapping[str, str]
    accepted: bool
    hypothesis: str
    decoding: Decoding
    score: int
    steps: int
    compute_fraction: float


@dataclass(frozen=True)
class IntentSummary:
    """Rates over utterances of one SNR, or of all of them.

    Attributes:
        snr: dB; None without noise; ``"all"`` is said by :class:`IntentEvaluation`.
        commands, others: utterances that are commands of the grammar, and those that are none.
        acceptance: share of the commands with intent and all slots right; None without commands.
        intent_accuracy: share of the commands whose intent is right.
        slot_accuracy: slot → share of the commands that have it in which its value is right.
        inserted_slots: slot values of commands that were not said.
        rejection: share of the others in which no command was found; None without others.
    """

    snr: float | None
    commands: int
    others: int
    acceptance: float | None
    intent_accuracy: float | None
    slot_accuracy: Mapping[str, float]
    inserted_slots: int
    rejection: float | None

    @classmethod
    def of(cls, rows: Sequence[IntentResult], snr: float | None) -> IntentSummary:
        """Sum up ``rows``."""
        commands = [row for row in rows if row.wanted is not None]
        others = [row for row in rows if row.wanted is None]
        names = sorted({name for row in commands for name in row.wanted_slots})
        slots = {}
        for name in names:
            having = [row for row in commands if name in row.wanted_slots]
            slots[name] = _share([row.slots.get(name) == row.wanted_slots[name] for row in having])
        return cls(
            snr,
            len(commands),
            len(others),
            _share([row.accepted for row in commands]) if commands else None,
            _share([row.intent == row.wanted for row in commands]) if commands else None,
            slots,
            sum(len(set(row.slots) - set(row.wanted_slots)) for row in commands),
            _share([row.intent is None for row in others]) if others else None,
        )


def _share(right: Sequence[bool]) -> float:
    return sum(right) / len(right)


@dataclass(frozen=True)
class IntentEvaluation:
    """Results over a manifest: ``acceptance`` is the mean over SNRs, which all have the same utterances."""

    gates: str
    threshold_offset: int
    decoding: Decoding
    acceptance: float | None
    rejection: float | None
    by_snr: tuple[IntentSummary, ...]
    utterances: tuple[IntentResult, ...] = field(repr=False)

    @classmethod
    def of(
        cls, rows: Sequence[IntentResult], gates: str, threshold_offset: int, decoding: Decoding
    ) -> IntentEvaluation:
        """Sum up ``rows``.

        Raises:
            EvaluationError: there are none.
        """
        if not rows:
            raise EvaluationError("nothing to evaluate", "give a manifest with utterances")
        conditions = dict.fromkeys(row.snr for row in rows)
        groups = tuple(IntentSummary.of([r for r in rows if r.snr == snr], snr) for snr in conditions)
        acceptances = [group.acceptance for group in groups if group.acceptance is not None]
        rejections = [group.rejection for group in groups if group.rejection is not None]
        return cls(
            gates,
            threshold_offset,
            decoding,
            float(np.mean(acceptances)) if acceptances else None,
            float(np.mean(rejections)) if rejections else None,
            groups,
            tuple(rows),
        )

    def as_dict(self) -> dict[str, Any]:
        """A table for JSON."""
        return {"version": 1, "metric": "intent", **asdict(self)}


def wanted_meaning(utterance: Utterance, grammar: CompiledGrammar, tokens: Sequence[str]) -> Interpretation:
    """What an utterance means: its ``intent`` and ``slots``, else its text by the grammar, word for word.

    Blanks at the ends of slot values do not count. Noise, silence and texts that the grammar does not have
    are no commands.
    """
    if utterance.intent is not None or utterance.slots:
        slots = {name: " ".join(value.split()) for name, value in (utterance.slots or {}).items()}
        intent = utterance.intent if utterance.intent is not None else _only_intent(grammar, utterance)
        return Interpretation(intent, slots, 0, 0)
    index = {token: number for number, token in enumerate(tokens)}
    words = [index.get(WORD_START + word, -1) for word in (utterance.text or "").split()]
    return exact_meaning(grammar, words)


def _only_intent(grammar: CompiledGrammar, utterance: Utterance) -> str:
    if len(grammar.intents) != 1:
        raise EvaluationError(
            f"{utterance.audio} has slots but no intent, and the grammar has {len(grammar.intents)} intents",
            "add the key intent to the manifest",
        )
    return grammar.intents[0]


def evaluate_intents(
    runner: Runner,
    grammar: CompiledGrammar,
    utterances: Sequence[Utterance],
    gates: str = "arbitrator",
    threshold_offset: int = 0,
    decodings: Sequence[Decoding] = ("logits",),
    noises: Sequence[Noise] = (),
    snrs: Sequence[float] = (),
    seed: int = 0,
) -> Iterator[IntentResult]:
    """Decode every utterance, once clean or once at every SNR, in every one of ``decodings``.

    Args:
        runner: of a model with Skipstone's metadata and a CTC head; its idle reset is that of the model.
        grammar: compiled for this model.
        utterances: with resolved audio paths.
        gates, threshold_offset: see :func:`~skipstone.quantize.evaluation.evaluate.evaluate`.
        decodings: ``logits`` searches the grammar on the logits, ``words`` parses the greedy words.
        noises, snrs: noise to add, one of them and a place in it drawn for each utterance, and dB. The level
            of the speech is that of its active frames.
        seed: of these draws; utterance and SNR have their own stream, so a subset gives the same noise.
    """
    metadata = SpeechMetadata.of(runner.model)
    deployed = as_deployed(runner)
    bias = gate_bias(gates, len(metadata.skip_table.blocks), threshold_offset)
    tokens = metadata.tokens.tokens
    decoder = IntentDecoder(grammar)
    for number, utterance in enumerate(utterances):
        wanted = wanted_meaning(utterance, grammar, tokens)
        pcm = read_audio(utterance.audio)
        for snr in snrs or (None,):
            heard, noise = pcm, None
            if snr is not None:
                generator = np.random.default_rng([seed, number, round(1000 * snr) % 2**32])
                chosen = noises[int(generator.integers(len(noises)))]
                heard, noise = to_pcm(add_noise(to_float(pcm), chosen.samples, snr, generator)), chosen.name
            padded = pad_pcm(heard, TAIL_STEPS, metadata.features)
            features = stack_steps(log_mel(padded, metadata.features), metadata.features.frames_per_step)
            result, words, trace = _understand(deployed, features, bias, decoder, metadata.tokens.blank)
            for decoding in decodings:
                meaning = result if decoding == "logits" else interpret_words(grammar, words)
                yield IntentResult(
                    str(utterance.audio),
                    utterance.speaker,
                    snr,
                    noise,
                    wanted.intent,
                    wanted.slots,
                    meaning.intent,
                    meaning.slots,
                    _accepted(wanted, meaning),
                    decode_ids(words, tokens),
                    decoding,
                    meaning.score,
                    len(trace),
                    compute_fraction(trace, metadata.skip_table),
                )


def _accepted(wanted: Interpretation, meaning: Interpretation) -> bool:
    same = (meaning.intent, meaning.slots) == (wanted.intent, wanted.slots)
    return same and wanted.intent is not None


def _understand(
    runner: Runner,
    features: NDArray[np.int8],
    bias: NDArray[np.int8],
    decoder: IntentDecoder,
    blank: int,
) -> tuple[Interpretation, list[int], NDArray[np.bool_]]:
    """Run one utterance from a reset state; its meaning, greedy words and gate trace bool[steps, blocks]."""
    runner.reset()
    decoder.reset()
    greedy = GreedyCtc(blank)
    trace = []
    for row in features:
        logits, gates = runner.step(row[None], bias[None])
        decoder.push(logits)
        greedy.push(best_token(logits))
        trace.append(gates.reshape(-1))
    return decoder.result(), greedy.ids, np.array(trace, np.bool_)

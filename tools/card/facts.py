"""Figures of a model card: sizes of the file, memory on boards, errors of every evaluation."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from skipstone.firmware.codegen.boards import load_board
from skipstone.firmware.codegen.generate import generate_files
from skipstone.quantize.corpora.manifest import Utterance, read_manifest
from skipstone.quantize.evaluation.cohorts import Cohort, check_keys, cohorts
from skipstone.quantize.evaluation.evaluate import SpeechMetadata, Totals, UtteranceResult, evaluate
from skipstone.quantize.evaluation.tflm import TflmRunner
from skipstone.tools.card.description import CardDescription, CardError, EvaluationPlan


@dataclass(frozen=True)
class BoardMemory:
    """Bytes of one model on one board."""

    board: str
    core: str
    weight_bytes: int
    arena_bytes: int
    state_bytes: int


@dataclass(frozen=True)
class ModelSizes:
    """The file and its parts; MACs of one step."""

    file_bytes: int
    sha256: str
    tokens: int
    head: str
    blocks: int
    block_macs: int
    arbitrator_macs: int
    fixed_macs: int
    boards: tuple[BoardMemory, ...]


@dataclass(frozen=True)
class Measured:
    """One evaluation with one gate source."""

    gates: str
    totals: Totals
    cohorts: tuple[Cohort, ...]


@dataclass(frozen=True)
class MeasuredEvaluation:
    """All gate sources of one plan."""

    plan: EvaluationPlan
    rows: tuple[Measured, ...]


def model_sizes(data: bytes, name: str, boards: Sequence[str]) -> ModelSizes:
    """Sizes from the file, and from the code that is generated for each board.

    Raises:
        SkipstoneError: no speech model of Skipstone, or no code can be generated for a board.
    """
    metadata = SpeechMetadata.of(TflmRunner(data).model)
    table = metadata.skip_table
    memory = []
    for board in boards:
        known = load_board(board)
        model = generate_files(data, name, known).model
        sizes = (model.facts.weight_bytes, model.arena.bytes, model.state.bytes)
        memory.append(BoardMemory(known.name, known.core, *sizes))
    return ModelSizes(
        file_bytes=len(data),
        sha256=hashlib.sha256(data).hexdigest(),
        tokens=len(metadata.tokens.tokens),
        head=metadata.tokens.head,
        blocks=len(table.blocks),
        block_macs=sum(block.macs for block in table.blocks),
        arbitrator_macs=table.arbitrator_macs,
        fixed_macs=table.fixed_macs,
        boards=tuple(memory),
    )


def planned_utterances(description: CardDescription, folder: Path) -> list[list[Utterance]]:
    """The utterances of every evaluation, all manifests and keys checked before anything is run.

    Raises:
        CardError: a plan selects nothing.
        SkipstoneError: a manifest cannot be read, or lacks a key.
    """
    selected = []
    for plan in description.evaluations:
        utterances = read_manifest(plan.path(folder))
        if plan.domains:
            utterances = [utterance for utterance in utterances if utterance.domain in plan.domains]
        if not utterances:
            raise CardError(
                f"evaluation {plan.title!r} selects no utterance", f"check the domains {list(plan.domains)}"
            )
        check_keys(utterances, plan.by)
        selected.append(utterances[: plan.limit])
    return selected


def measure(
    data: bytes, plan: EvaluationPlan, utterances: Sequence[Utterance], advance: Callable[[int], None]
) -> MeasuredEvaluation:
    """Evaluate in stock TFLM; ``advance`` is called with the utterances done."""
    runner, rows = TflmRunner(data), []
    for gates in plan.gates:
        results: list[UtteranceResult] = []
        for result in evaluate(runner, utterances, gates):
            results.append(result)
            advance(1)
        rows.append(Measured(gates, Totals.of(results), tuple(cohorts(utterances, results, plan.by))))
    return MeasuredEvaluation(plan, tuple(rows))

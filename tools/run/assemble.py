"""Stage 6: everything that was measured → the bundle."""

from __future__ import annotations

import datetime
import hashlib
import importlib.metadata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import jiwer
import numpy as np
from skipstone.firmware.codegen.boards import Board
from skipstone.tools.device.results import DeviceInfo
from skipstone.tools.npu.job_table import JobTable
from skipstone.tools.profile.energy import FRAME_SECONDS, EnergyModel
from skipstone.tools.protocol.messages import MemoryReply
from skipstone.tools.run.bundle import Bundle, Frames, PassFrames
from skipstone.tools.run.clips import Clip
from skipstone.tools.run.costs import block_costs, energy_facts, pass_record
from skipstone.tools.run.model import LoadedModel
from skipstone.tools.run.npu import npu_record
from skipstone.tools.run.record import BoardRecord, GateSource, Kind, RunRecord, UtteranceRecord
from skipstone.tools.run.settings import PASSES
from skipstone.tools.run.stream import BoardPass
from skipstone.tools.virtual.costs import cycle_model


@dataclass(frozen=True)
class BoardRun:
    """What one board answered."""

    board: Board
    elf: Path
    info: DeviceInfo
    memory: MemoryReply
    passes: Mapping[GateSource, BoardPass]
    jobs: JobTable | None = None


def assemble(model: LoadedModel, clips: Sequence[Clip], runs: Sequence[BoardRun]) -> Bundle:
    """Build record and frames table. The gates shown are those of the first board's gated pass."""
    first = runs[0].passes["arbitrator"]
    boards = tuple(_board_record(model, run) for run in runs)
    remarks = _remarks(runs)
    mismatches = sum(board.mismatches for board in boards)
    record = RunRecord(
        skipstone_version=importlib.metadata.version("skipstone"),
        created=datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        verdict="invalid" if mismatches else "degraded" if remarks else "valid",
        remarks=remarks,
        step_seconds=_step_seconds(model),
        word_error_rate=_word_error_rate(clips, first.texts),
        model=model.facts,
        utterances=_utterances(clips, first.texts),
        boards=boards,
    )
    return Bundle(record, _frames(clips, runs))


def _step_seconds(model: LoadedModel) -> float:
    return model.facts.frames_per_step * FRAME_SECONDS


def _board_record(model: LoadedModel, run: BoardRun) -> BoardRecord:
    energy = EnergyModel.of(run.board, model.facts.frames_per_step, run.info.cycles_kind)
    memory = run.memory
    return BoardRecord(
        name=run.board.name,
        title=run.board.title,
        core=run.board.core,
        clock_hz=run.info.clock_hz,
        virtual=run.info.cycles_kind == "modelled",
        firmware_sha256=hashlib.sha256(run.elf.read_bytes()).hexdigest(),
        flash_bytes=memory.flash_bytes,
        ram_bytes=memory.stack_bytes + memory.arena_bytes + memory.state_bytes + memory.static_bytes,
        arena_bytes=memory.arena_bytes,
        state_bytes=memory.state_bytes,
        stack_used=memory.stack_used,
        instructions_kind=cast(Kind, run.info.instructions_kind),
        cycles_kind=cast(Kind, run.info.cycles_kind),
        cycles_source=_cycles_source(run),
        energy=energy_facts(run.board, energy),
        passes=tuple(pass_record(source, run.passes[source], model.facts, energy) for source in PASSES),
        blocks=block_costs(run.passes["arbitrator"].profile, model.facts, energy),
        npu=None if run.jobs is None else npu_record(run.passes, run.info.cycles_kind, model.facts, run.jobs),
    )


def _cycles_source(run: BoardRun) -> str:
    if run.info.cycles_kind != "modelled":
        return f"{run.info.cycles_kind}, {run.info.counter.name}"
    model = cycle_model(run.board.core)
    return f"{model.source}, ±{model.uncertainty_percent} %"


def _remarks(runs: Sequence[BoardRun]) -> tuple[str, ...]:
    """What makes a run less than valid: a board that cannot count, boards whose texts differ."""
    remarks = [
        f"{run.board.name} counts no instructions: its costs are in cycles only."
        for run in runs
        if run.info.instructions_kind == "none"
    ]
    texts = {run.passes["arbitrator"].texts for run in runs}
    if len(texts) > 1:
        remarks.append("The boards recognised different texts; those of the first board are shown.")
    return tuple(remarks)


def _word_error_rate(clips: Sequence[Clip], texts: Sequence[str]) -> float | None:
    """Over the clips whose text is known; None when there is none."""
    pairs = [(clip.reference, text) for clip, text in zip(clips, texts, strict=True) if clip.reference]
    if not pairs:
        return None
    return float(jiwer.wer([reference for reference, _ in pairs], [text for _, text in pairs]))


def _utterances(clips: Sequence[Clip], texts: Sequence[str]) -> tuple[UtteranceRecord, ...]:
    records = []
    first = 0
    for clip, text in zip(clips, texts, strict=True):
        records.append(
            UtteranceRecord(
                identifier=clip.identifier,
                audio=clip.path.name,
                sha256=clip.sha256,
                seconds=clip.seconds,
                first_step=first,
                steps=clip.steps,
                reference=clip.reference,
                text=text,
            )
        )
        first += clip.steps
    return tuple(records)


def _frames(clips: Sequence[Clip], runs: Sequence[BoardRun]) -> Frames:
    first = runs[0].passes["arbitrator"].batch
    passes: dict[tuple[str, str], PassFrames] = {
        (run.board.name, source): PassFrames(done.batch.instructions, done.batch.cycles, done.equal)
        for run in runs
        for source, done in run.passes.items()
    }
    features = np.concatenate([clip.features for clip in clips])
    return Frames(features, first.gates, first.tokens.astype(np.int32), passes)

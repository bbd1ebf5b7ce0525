"""The NPU's part of the record."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

import numpy as np
from skipstone.tools.npu.costs import NpuPart, npu_costs
from skipstone.tools.npu.job_table import JobTable
from skipstone.tools.run.errors import RunError
from skipstone.tools.run.record import GateSource, Kind, ModelFacts, NpuPartRecord, NpuPassRecord, NpuRecord
from skipstone.tools.run.settings import PASSES
from skipstone.tools.run.stream import BoardPass


def npu_record(
    passes: Mapping[GateSource, BoardPass], cycles_kind: str, model: ModelFacts, jobs: JobTable
) -> NpuRecord:
    """Costs of the jobs from the pass in which every block ran; sums of each pass.

    Raises:
        RunError: the board does not tell what its NPU did.
    """
    everything = passes["all"]
    if everything.npu is None:
        raise RunError("the board has no NPU, but its firmware was built for one", "run again")
    names = [block.name for block in model.blocks]
    costs = npu_costs(everything.npu, everything.profile.runs, names, cycles_kind, jobs)
    flash = np.array([jobs.of(block.index).flash_bytes for block in model.blocks])
    every_step = _part(costs.every_step)
    return NpuRecord(
        accelerator=jobs.accelerator,
        cycles_kind=cast(Kind, cycles_kind),
        estimate=jobs.estimate,
        blocks=tuple(_part(part) for part in costs.blocks),
        every_step=every_step,
        passes=tuple(
            NpuPassRecord(
                gates=source,
                jobs_per_step=done.npu.jobs / max(len(done.batch), 1),
                cycles_per_step=done.npu.cycles / max(len(done.batch), 1),
                flash_bytes_per_step=every_step.flash_bytes + float((done.batch.gates @ flash).mean()),
            )
            for source in PASSES
            if (done := passes[source]).npu is not None
        ),
    )


def _part(part: NpuPart) -> NpuPartRecord:
    assert part.estimated_cycles is not None and part.flash_bytes is not None, "the job table has both"
    return NpuPartRecord(
        name=part.name,
        jobs=part.jobs,
        cycles=part.cycles,
        estimated_cycles=part.estimated_cycles,
        flash_bytes=part.flash_bytes,
    )

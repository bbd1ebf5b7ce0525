"""The NPU's lane of a profile: sums of the board, estimates of the code."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from skipstone.firmware.codegen.npu.errors import NpuError
from skipstone.tools.device.results import NpuProfile
from skipstone.tools.npu.costs import npu_costs
from skipstone.tools.npu.job_table import JobSum, read_job_table

PROFILE = NpuProfile(
    steps=10,
    jobs=34,
    cycles=10_400,
    before_jobs=10,
    before_cycles=1_000,
    after_jobs=10,
    after_cycles=2_000,
    block_jobs=np.array([8, 6, 0], np.uint32),
    block_cycles=np.array([4_000, 3_400, 0], np.uint64),
)
RUNS = [4, 6, 0]
NAMES = ["a", "b", "c"]


def write_code(folder: Path, **changes: object) -> Path:
    """A ``codegen.json`` with two jobs of block 0, one of block 1 and one of every step."""
    blocks = (0, 0, 1, -1)
    jobs = [
        {"block": block, "cycles": 100, "flash_bytes_read": 1_000 + index}
        for index, block in enumerate(blocks)
    ]
    section = {
        "accelerator": "ethos-u55-128",
        "system_config": "Fast",
        "memory_mode": "Sram_Only",
        "jobs": jobs,
        **changes,
    }
    (folder / "codegen.json").write_text(json.dumps({"npu": section}))
    return folder


def test_costs_are_means_of_a_run(tmp_path: Path) -> None:
    costs = npu_costs(PROFILE, RUNS, NAMES, "modelled", read_job_table(write_code(tmp_path)))
    first, second, third = costs.blocks
    assert (first.jobs, first.cycles, first.estimated_cycles, first.flash_bytes) == (2, 1000, 200, 2001)
    assert second.cycles == pytest.approx(3400 / 6)
    assert (third.jobs, third.cycles, third.flash_bytes) == (0, 0, 0)
    assert (costs.every_step.jobs, costs.every_step.cycles) == (2, 300)
    assert costs.estimate == "Fast, Sram_Only"


def test_steps_cost_what_their_gates_open() -> None:
    costs = npu_costs(PROFILE, RUNS, NAMES, "modelled", None)
    gates = np.array([[0, 0, 0], [1, 0, 1], [1, 1, 0]], bool)
    assert costs.step_cycles(gates) == pytest.approx([300, 1300, 1300 + 3400 / 6])
    assert costs.blocks[0].estimated_cycles is None and costs.estimate is None


def test_blocks_without_jobs_have_empty_sums(tmp_path: Path) -> None:
    assert read_job_table(write_code(tmp_path)).of(7) == JobSum()


@pytest.mark.parametrize("text", [None, "", "{}", '{"npu": {"jobs": [{}]}}', '{"npu": []}'])
def test_code_without_an_npu_is_refused(tmp_path: Path, text: str | None) -> None:
    if text is not None:
        (tmp_path / "codegen.json").write_text(text)
    with pytest.raises(NpuError, match="tells of no NPU"):
        read_job_table(tmp_path)

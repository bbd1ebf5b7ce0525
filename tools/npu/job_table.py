"""The jobs of a firmware, from the ``codegen.json`` of its code."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from skipstone.firmware.codegen.npu.errors import NpuError

EVERY_STEP = -1
"""Number of the jobs that no gate switches, instead of a block's."""


@dataclass(frozen=True)
class JobSum:
    """The jobs of one block, or of every step: how many, Vela's cycles, bytes that are read from flash."""

    jobs: int = 0
    estimated_cycles: int = 0
    flash_bytes: int = 0


@dataclass(frozen=True)
class JobTable:
    """All jobs.

    Attributes:
        accelerator: that they are compiled for.
        estimate: system and memory mode that the estimates assume, in Vela's words.
        of_block: by number of the block, :data:`EVERY_STEP` for the others.
    """

    accelerator: str
    estimate: str
    of_block: Mapping[int, JobSum]

    def of(self, block: int) -> JobSum:
        """The jobs of a block; zeros where the CPU runs it."""
        return self.of_block.get(block, JobSum())


def read_job_table(code: Path) -> JobTable:
    """Read the jobs of the folder that ``skipstone codegen --npu`` wrote.

    Raises:
        NpuError: it is not that.
    """
    try:
        section = json.loads((code / "codegen.json").read_text(encoding="utf-8"))["npu"]
        return _table(section)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise NpuError(
            f"{code / 'codegen.json'} tells of no NPU: {error}",
            "give the folder that `skipstone codegen --npu` wrote",
        ) from error


def _table(section: dict[str, Any]) -> JobTable:
    sums: dict[int, JobSum] = {}
    for job in section["jobs"]:
        so_far = sums.get(int(job["block"]), JobSum())
        sums[int(job["block"])] = JobSum(
            so_far.jobs + 1,
            so_far.estimated_cycles + int(job["cycles"]),
            so_far.flash_bytes + int(job["flash_bytes_read"]),
        )
    estimate = f"{section['system_config']}, {section['memory_mode']}"
    return JobTable(str(section["accelerator"]), estimate, sums)

"""The section ``npu`` of ``codegen.json``: jobs with their estimates, and what is left to the CPU."""

from __future__ import annotations

from typing import Any

from skipstone.firmware.codegen.emission.npu_source import block_of
from skipstone.firmware.codegen.npu.job import NpuJob
from skipstone.firmware.codegen.npu.partition import Partition
from skipstone.firmware.codegen.program import Program


def npu_summary(partition: Partition, program: Program) -> dict[str, Any]:
    """Plain data; jobs in the order of the job table. ``block`` is −1 for jobs of every step."""
    settings = partition.settings
    operations = [operation for function in program.functions() for operation in function.operations]
    jobs = [operation for operation in operations if isinstance(operation, NpuJob)]
    return {
        "accelerator": settings.accelerator.name,
        "system_config": settings.accelerator.system,
        "memory_mode": settings.accelerator.memory_mode,
        "cycles_kind": "estimated",
        "min_macs": settings.min_macs,
        "jobs": [_job(program, job) for job in jobs],
        "cpu_operators": [
            {"name": left.name, "kind": left.kind, "reason": left.reason} for left in partition.left
        ],
    }


def _job(program: Program, operation: NpuJob) -> dict[str, Any]:
    job = operation.job
    return {
        "name": job.name,
        "block": block_of(program, operation),
        "macs": job.macs,
        "cycles": job.cycles,
        "compute_cycles": job.compute_cycles,
        "command_bytes": job.words.nbytes,
        "constant_bytes": job.constants.nbytes,
        "flash_bytes_read": job.flash_bytes_read,
        "scratch_bytes": job.scratch_bytes,
        "operators": [part.name for part in job.operators],
    }

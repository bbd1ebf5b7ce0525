"""Every job against the integer model, before anything is written: the arithmetic of the NPU is TFLM's.

A job runs on the functional model of the NPU with pseudo-random operands, in the memory layout of the
generated code: new rows of a ring lie in the ring. The NumPy integer model runs the graphs it was made of.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from skipstone.firmware.codegen.npu.accelerator import Accelerator
from skipstone.firmware.codegen.npu.errors import InexactJobError
from skipstone.firmware.codegen.npu.job import FIRST_OPERAND_REGION, CompiledJob
from skipstone.firmware.codegen.npu.vela import CONSTANTS_REGION, SCRATCH_REGION
from skipstone.quantize.integer.interpreter import IntegerInterpreter
from skipstone.tools.virtual.npu.model import ACCELERATORS, execute

RUNS = 4
"""Runs of each job: every second with values from all of −128 … 127, the others around zero."""


def can_check(accelerator: Accelerator) -> bool:
    """Whether there is a functional model of ``accelerator``."""
    return accelerator.name in ACCELERATORS


def check_job(job: CompiledJob, accelerator: Accelerator, runs: int = RUNS) -> int:
    """Run ``job`` on both models; returns the number of output bytes that were compared.

    Raises:
        InexactJobError: they differ; the message names the operators of the job.
        NpuFaultError: the model faults.
        NpuModelError: there is no C compiler for the model.
    """
    compared = 0
    parts = [IntegerInterpreter(part.graph) for part in job.parts]
    for run in range(runs):
        memory = _memory(job, run)
        expected = _expected(job, parts, [operand.copy() for operand in memory])
        regions = {FIRST_OPERAND_REGION + number: operand for number, operand in enumerate(memory)}
        regions[SCRATCH_REGION] = np.full(max(job.scratch_bytes, 1), 0xA5, np.uint8)
        regions[CONSTANTS_REGION] = np.ascontiguousarray(job.constants)
        commands = job.words.astype("<u4").tobytes()
        execute(accelerator.macs_per_cycle, commands, regions, read_only={CONSTANTS_REGION})
        for number, wanted in expected.items():
            got = memory[number].view(np.int8)
            differing = int((got != wanted).sum())
            if differing:
                names = ", ".join(f"{operator.kind} '{operator.name}'" for operator in job.operators)
                raise InexactJobError(
                    f"job {job.name}: {differing} of {got.size} bytes differ from TFLM "
                    f"on {accelerator.name}; it computes {names}",
                    "raise --npu-min-macs so that it stays on the CPU, and report the model",
                )
            compared += got.size
    return compared


def _memory(job: CompiledJob, run: int) -> list[NDArray[np.uint8]]:
    """Operands with random contents; a row that is computed in a ring is a part of it."""
    random = np.random.default_rng(run)
    memory = []
    for size in job.operand_bytes:
        values = random.integers(-128, 128, size) if run % 2 else random.normal(0, 25, size)
        memory.append(np.clip(values, -128, 127).astype(np.int8).view(np.uint8))
    slot = int(random.integers(1 << 16))
    for row, ring in job.rows:
        size = job.operand_bytes[row]
        start = slot % (job.operand_bytes[ring] // size) * size
        memory[row] = memory[ring][start : start + size]
    return memory


def _expected(
    job: CompiledJob, parts: list[IntegerInterpreter], memory: list[NDArray[np.uint8]]
) -> dict[int, NDArray[np.int8]]:
    """What every output holds in the end; ``memory`` is changed."""
    rings = dict(job.rows)
    values = {number: operand.view(np.int8) for number, operand in enumerate(memory)}
    for row, ring in rings.items():
        # the copies are no views of each other: find the row in its ring
        size = values[row].size
        rows = values[ring].reshape(-1, size)
        slot = int(np.flatnonzero((rows == values[row]).all(axis=1))[0])
        values[row] = rows[slot]
    for part, interpreter in zip(job.parts, parts, strict=True):
        main = interpreter.model.main
        shapes = [main.tensors[index].shape for index in main.inputs]
        inputs = [values[number].reshape(shape) for number, shape in zip(part.reads, shapes, strict=True)]
        for number, output in zip(part.writes, interpreter.step(*inputs), strict=True):
            flat = np.asarray(output, np.int8).ravel()
            if number in rings:
                values[number][:] = flat
            else:
                values[number] = flat
    return {number: values[number] for number in range(job.inputs, len(job.operand_bytes))}

"""``npu_jobs.h`` and ``npu_jobs.c``: the table of jobs, each with the block whose gate starts it."""

from __future__ import annotations

from collections.abc import Sequence

from skipstone.firmware.codegen.emission.c_text import comment_text, string_literal
from skipstone.firmware.codegen.emission.constants import Constants
from skipstone.firmware.codegen.npu.job import NpuJob
from skipstone.firmware.codegen.program import Program

TITLE = "npu_jobs: command streams of the NPU, by the block that starts them."
EVERY_STEP = -1


def header(constants: Constants) -> list[str]:
    """``npu_jobs.h``."""
    return [
        "#ifndef NPU_JOBS_H",
        "#define NPU_JOBS_H",
        "",
        "#include <stdint.h>",
        "",
        '#include "ss_npu.h"',
        "",
        "enum {",
        f"    MODEL_NPU_JOB_COUNT = {len(constants.jobs)},",
        f"    MODEL_NPU_EVERY_STEP = {EVERY_STEP},  /* block of a job that no gate switches */",
        "};",
        "",
        "/* One job. It is started where its block is open, once a step. */",
        "typedef struct model_npu_job {",
        "    const char *name;           /* the last tensor that it computes */",
        "    int16_t block;              /* number in the skip table, or MODEL_NPU_EVERY_STEP */",
        "    uint32_t estimated_cycles;  /* of the NPU, by Vela */",
        "    ss_npu_job job;",
        "} model_npu_job;",
        "",
        "/* In order of execution with every gate open: bodies of blocks, then the step. */",
        "extern const model_npu_job model_npu_jobs[MODEL_NPU_JOB_COUNT];",
        "",
        "#endif",
    ]


def table(program: Program, constants: Constants) -> list[str]:
    """``npu_jobs.c``."""
    rows = []
    for job, arrays in constants.jobs.items():
        commands = arrays.commands
        rows.append(
            f"    {{.name = {string_literal(job.name)}, .block = {block_of(program, job)}, "
            f".estimated_cycles = {job.job.cycles},\n"
            f"     .job = {{.commands = {commands.identifier}, .command_bytes = {commands.data.nbytes}}}}},"
        )
    return [
        '#include "npu_jobs.h"',
        "",
        '#include "weights.h"',
        "",
        "const model_npu_job model_npu_jobs[MODEL_NPU_JOB_COUNT] = {",
        *rows,
        "};",
    ]


def block_of(program: Program, job: NpuJob) -> int:
    """Number of the block in whose body ``job`` stands, −1 for the step itself."""
    for block in program.blocks:
        if job in block.body.operations:
            return block.index
    return EVERY_STEP


def statement(name: str, index: int, regions: Sequence[tuple[str, int]]) -> list[str]:
    """Run job ``index`` on ``regions``, (pointer, bytes) each; 0 bytes: constants, no cache maintenance."""
    run = ["&ss_npu_device", f"&model_npu_jobs[{index}].job", "regions", str(len(regions))]
    return [
        f"    {{  /* {comment_text(name)} */",
        f"        const ss_npu_region regions[{len(regions)}] = {{",
        *(f"            {{(uintptr_t){pointer}, {size}}}," for pointer, size in regions),
        "        };",
        f"        (void)ss_npu_run({', '.join(run)}); /* a failure is kept in ss_npu_device */",
        "    }",
    ]

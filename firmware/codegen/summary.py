"""``codegen.json`` and ``kernels.txt``: what was generated, for the build and for the tools."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from skipstone.firmware.codegen.emission.model_source import GeneratedModel
from skipstone.firmware.codegen.npu.job import NpuJob
from skipstone.firmware.codegen.npu.summary import npu_summary
from skipstone.firmware.codegen.operations import Compare, Copy, Fill, Operation
from skipstone.firmware.codegen.program import MARKS, BranchBegin, LoopBegin, RingAdvance, RunBlock, repeated
from skipstone.firmware.codegen.selection import Selection

VERSION = 1
RUNTIME_FOLDER = Path(__file__).resolve().parent.parent / "runtime"
_INLINE = {
    Compare: "ss_compare_gates",
    Copy: "memcpy",
    Fill: "memset",
    RingAdvance: "ss_next_row",
    RunBlock: "if",
    LoopBegin: "for",
    BranchBegin: "if",
    NpuJob: "ss_npu_run",
}


def codegen_json(model: GeneratedModel) -> str:
    """Sizes, blocks, states and operators; keys as in the interface between the parts, section 5."""
    facts, program = model.facts, model.program
    table: dict[str, Any] = {
        "version": VERSION,
        "name": facts.name,
        "tool_version": facts.tool_version,
        "model_sha256": facts.sha256.hex(),
        "board": facts.board,
        "core": facts.core,
        "feature_count": program.features.elements,
        "feature_width": program.features.width,
        "frames_per_step": facts.frames_per_step,
        "samples_per_step": facts.samples_per_step,
        "block_count": len(facts.blocks),
        "logit_count": program.logits.elements,
        "logit_width": program.logits.width,
        "token_count": len(facts.tokens),
        "context_tokens": program.context_tokens,
        "arena_bytes": model.arena.bytes,
        "arena_lower_bound_bytes": model.arena.lower_bound_bytes,
        "state_bytes": model.state.bytes,
        "weight_bytes": facts.weight_bytes,
        "blocks": [vars(block) for block in facts.blocks],
        "states": [
            {"index": index, "name": state.name, "shape": list(state.shape), "bytes": state.bytes}
            for index, state in enumerate(program.states)
        ],
        "operators": [
            row
            for operation, times in repeated(program.timeline())
            if not isinstance(operation, MARKS)
            for row in _operator_rows(operation, times, model)
        ],
        "fixed_macs": facts.fixed_macs,
        "fixed_block_macs": facts.fixed_block_macs,
        "arbitrator_macs": facts.arbitrator_macs,
    }
    if model.npu is not None:
        table["npu"] = npu_summary(model.npu, program)
    return json.dumps(table, indent=1, ensure_ascii=False) + "\n"


def _operator_rows(operation: Operation, times: int, model: GeneratedModel) -> list[dict[str, Any]]:
    """One row an operator of the .tflite; a job of the NPU computes several."""
    if isinstance(operation, NpuJob):
        return [_row(part.origin, part.name, "npu", part.macs) for part in operation.job.operators]
    kernel = kernel_name(operation, model.selection)
    return [_row(operation.origin, operation.name, kernel, times * operation.macs)]


def _row(origin: tuple[int, int], name: str, kernel: str, macs: int) -> dict[str, Any]:
    return {"subgraph": origin[0], "operator": origin[1], "name": name, "kernel": kernel, "macs": macs}


def kernel_name(operation: Operation, selection: Selection) -> str:
    """The C function, or the piece of C, that runs an operation."""
    return selection[operation].kernel if operation in selection else _INLINE[type(operation)]


def runtime_sources(model: GeneratedModel) -> list[str]:
    """Runtime files that the model needs, relative to ``firmware/runtime/``, sorted; no unused kernel."""
    sources = {source for kernel in model.selection.values() for source in kernel.sources}
    sources |= {path.name for path in RUNTIME_FOLDER.glob("ss_*.c")}
    if model.facts.samples_per_step:
        names = ("ss_log_mel.c", f"ss_fft512_{model.variant}.c", f"ss_mel_{model.variant}.c")
        sources |= {f"frontend/{name}" for name in names}
    return sorted(sources)

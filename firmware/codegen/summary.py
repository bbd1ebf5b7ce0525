"""``codegen.json`` and ``kernels.txt``: what was generated, for the build and for the tools."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from skipstone.firmware.codegen.emission.model_source import GeneratedModel
from skipstone.firmware.codegen.program import Compare, Copy, Fill, Operation, RingAdvance, RunBlock
from skipstone.firmware.codegen.selection import Selection

VERSION = 1
RUNTIME_FOLDER = Path(__file__).resolve().parent.parent / "runtime"
_INLINE = {
    Compare: "ss_compare_gates",
    Copy: "memcpy",
    Fill: "memset",
    RingAdvance: "ss_next_row",
    RunBlock: "if",
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
        "feature_count": program.features.bytes,
        "frames_per_step": facts.frames_per_step,
        "samples_per_step": facts.samples_per_step,
        "block_count": len(facts.blocks),
        "logit_count": program.logits.bytes,
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
        "operators": [_operator(operation, model) for operation in program.timeline()],
        "fixed_macs": facts.fixed_macs,
        "fixed_block_macs": facts.fixed_block_macs,
        "arbitrator_macs": facts.arbitrator_macs,
    }
    return json.dumps(table, indent=1, ensure_ascii=False) + "\n"


def _operator(operation: Operation, model: GeneratedModel) -> dict[str, Any]:
    subgraph, index = operation.origin
    return {
        "subgraph": subgraph,
        "operator": index,
        "name": operation.name,
        "kernel": kernel_name(operation, model.selection),
        "macs": operation.macs,
    }


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

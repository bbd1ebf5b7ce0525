"""The code generator from end to end: .tflite and board → a folder of C."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from skipstone.firmware.codegen import facts
from skipstone.firmware.codegen.boards import Board
from skipstone.firmware.codegen.emission.model_source import GeneratedModel, ModelSource
from skipstone.firmware.codegen.errors import Findings
from skipstone.firmware.codegen.grammar import add_grammar
from skipstone.firmware.codegen.graph import Network
from skipstone.firmware.codegen.importer import build_network
from skipstone.firmware.codegen.known_answer import known_answer
from skipstone.firmware.codegen.legality import check_legality
from skipstone.firmware.codegen.limits import check_limits
from skipstone.firmware.codegen.lowering.lower import lower
from skipstone.firmware.codegen.lowering.residual import fuse_residual_adds
from skipstone.firmware.codegen.memory_plan import plan_arena, plan_state
from skipstone.firmware.codegen.npu.partition import NpuSettings, Partition, partition_network
from skipstone.firmware.codegen.packing.operator import KernelVariant
from skipstone.firmware.codegen.program import Program
from skipstone.firmware.codegen.rewrites.attention import fuse_attention
from skipstone.firmware.codegen.rewrites.branches import make_branches, own_subgraphs
from skipstone.firmware.codegen.rewrites.constants import fold_constants
from skipstone.firmware.codegen.rewrites.gates import make_blocks
from skipstone.firmware.codegen.rewrites.loops import make_loops
from skipstone.firmware.codegen.rewrites.states import (
    make_state_nodes,
    make_windows,
    settle_windows,
)
from skipstone.firmware.codegen.rewrites.token_context import keep_token_context
from skipstone.firmware.codegen.selection import select_kernels
from skipstone.firmware.codegen.summary import codegen_json, runtime_sources
from skipstone.quantize.artefacts import write_file, write_folder
from skipstone.quantize.features.c_tables import emit_c_tables
from skipstone.quantize.tflite.reader import read_file_bytes


@dataclass(frozen=True)
class Generated:
    """Result of a run: what was generated and the files by name."""

    model: GeneratedModel
    files: dict[str, str]


def generate(
    path: Path, board: Board, output: Path, grammar: Path | None = None, npu: NpuSettings | None = None
) -> Generated:
    """Generate C for ``board`` from the model at ``path`` into the folder ``output``, which is replaced.

    Args:
        path: the .tflite.
        board: target.
        output: folder to write.
        grammar: grammar file whose intents the firmware is to decode, if any.
        npu: what of the model runs on an NPU; nothing by default.

    Raises:
        GrammarError: the grammar cannot be decoded with this model.
        VelaError: Vela is absent or refuses a part of the model.
        StrictError: operators are left to the CPU although ``npu`` is strict.
        TfliteError: the file is no valid .tflite.
        UnsupportedModelError: it holds constructs without C; all of them are named.
        BoardLimitError: it does not fit the board.
    """
    generated = generate_in_memory(path, board, grammar, npu)
    with write_folder(output) as folder:
        for name, text in generated.files.items():
            write_file(folder / name, text)
    return generated


def generate_in_memory(
    path: Path, board: Board, grammar: Path | None = None, npu: NpuSettings | None = None
) -> Generated:
    """:func:`generate` without a folder."""
    data = read_file_bytes(path)
    generated = generate_files(data, path.stem, board, npu)
    if grammar is not None:
        generated = replace(generated, files=add_grammar(generated.files, data, grammar))
    return generated


def generate_files(data: bytes, name: str, board: Board, npu: NpuSettings | None = None) -> Generated:
    """The same in memory; nothing is written."""
    network = build_network(data, name)
    shapes = [value.shape for value in network.main.inputs]
    partition = Partition(npu) if npu is not None else None
    program = compile_network(network, partition)
    variant = KernelVariant(board.kernel_variant)
    selection = select_kernels(program, variant)
    blocks = facts.block_facts(network, program, selection)
    facts.check_head(network)
    settings = facts.front_end(network)
    fixed_macs, arbitrator_macs = facts.step_macs(network, program)
    operations = [operation for function in program.functions() for operation in function.operations]
    arena, state = plan_arena(program, selection), plan_state(program)
    weight_bytes = facts.constant_bytes(operations, selection)
    check_limits(name, board, weight_bytes, arena.bytes + state.bytes)
    model = GeneratedModel(
        facts.ModelFacts(
            name=name,
            sha256=network.sha256,
            board=board.name,
            core=board.core,
            tool_version=facts.tool_version(),
            blocks=blocks,
            fixed_macs=fixed_macs,
            fixed_block_macs=network.skip_table.fixed_block_macs if network.skip_table else 0,
            idle_reset=network.skip_table.idle_reset if network.skip_table else 0,
            idle_blocks=network.skip_table.idle_blocks if network.skip_table else 0,
            arbitrator_macs=arbitrator_macs,
            weight_bytes=weight_bytes,
            frames_per_step=settings.frames_per_step if settings else 0,
            samples_per_step=settings.step_length if settings else 0,
            tokens=network.tokens.tokens if network.tokens else (),
            blank=network.tokens.blank if network.tokens else 0,
            known_answer=known_answer(data, shapes),
        ),
        program,
        selection,
        arena,
        state,
        variant,
        partition,
    )
    files = ModelSource(model).files()
    if settings is not None:
        files["frontend_tables.c"] = emit_c_tables(settings, variant.value)
    files["codegen.json"] = codegen_json(model)
    files["kernels.txt"] = "\n".join(runtime_sources(model)) + "\n"
    return Generated(model, files)


def compile_network(network: Network, partition: Partition | None = None) -> Program:
    """Run every pass up to the program.

    Args:
        network: as imported; the passes rewrite it.
        partition: to be filled with the jobs of the NPU; without it everything runs on the CPU.

    Raises:
        VelaError: Vela is absent or refuses a part of the model.
        StrictError: operators are left to the CPU although the partition is strict.
        UnsupportedModelError: with all findings of the first pass that has any.
    """
    findings = Findings(f"{network.name}.tflite")
    keep_token_context(network)
    own_subgraphs(network, findings)
    make_loops(network, findings)
    check_legality(network, findings)
    findings.raise_if_any()
    for graph in network.reachable():
        fold_constants(graph)
    make_windows(network)
    make_state_nodes(network)
    for graph in network.reachable():
        fuse_attention(graph)
    settle_windows(network)
    make_blocks(network, findings)
    make_branches(network)
    findings.raise_if_any()
    if partition is not None:
        partition_network(network, partition)
    program = lower(network, findings)
    findings.raise_if_any()
    fuse_residual_adds(program)
    program.context_tokens = network.context_tokens
    return program

"""What a model is and what it needs, from its .tflite and the recorded kernel costs alone."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass
from typing import Any

from skipstone.firmware.codegen import facts
from skipstone.firmware.codegen.boards import Board
from skipstone.firmware.codegen.errors import BoardLimitError, Finding, UnsupportedModelError
from skipstone.firmware.codegen.generate import compile_network
from skipstone.firmware.codegen.importer import build_network
from skipstone.firmware.codegen.limits import check_limits
from skipstone.firmware.codegen.memory_plan import arena_lifetimes, plan_arena, plan_state
from skipstone.firmware.codegen.operations import Operation
from skipstone.firmware.codegen.packing.operator import KernelVariant
from skipstone.firmware.codegen.program import MARKS, BranchBegin, Program, RunBlock, dearest, repeated
from skipstone.firmware.codegen.selection import Selection, select_kernels
from skipstone.firmware.codegen.summary import kernel_name
from skipstone.quantize.tflite.model import Model
from skipstone.quantize.tflite.options import CallOnceOptions
from skipstone.quantize.tflite.reader import read_model
from skipstone.tools.analyze.kernel_costs import (
    CORE_OF,
    CoreCosts,
    KernelCosts,
    load_kernel_costs,
    predict_operation,
)


@dataclass(frozen=True)
class OperatorCount:
    """An operator of the file: how often it stands in it, initial subgraphs excluded."""

    name: str
    count: int


@dataclass(frozen=True)
class StepOperation:
    """One operation of a step.

    Attributes:
        name: tensor name in the .tflite.
        operator: in the .tflite, such as ``FULLY_CONNECTED``.
        block: name of the gated block that it is part of, or ``None``: it runs at every step.
        kernel: C function.
        macs: multiply-accumulates.
        constant_bytes: packed weights and tables.
        instructions: predicted; ``None`` where the kernel has no recorded cost.
        is_counted: part of the totals; not so in the cheaper one of two branches of an IF.
    """

    name: str
    operator: str
    block: str | None
    kernel: str
    macs: int
    constant_bytes: int
    instructions: float | None
    is_counted: bool = True


@dataclass(frozen=True)
class ArenaBuffer:
    """A buffer of the arena: bytes at an offset, live from operation ``first`` to ``last`` of the step."""

    name: str
    offset: int
    bytes: int
    first: int
    last: int


@dataclass(frozen=True)
class BlockCost:
    """A gated block and what it saves when its gate is shut; instructions predicted, ``None``: unknown."""

    name: str
    kind: str
    macs: int
    weight_bytes: int
    instructions: float | None


@dataclass(frozen=True)
class Fit:
    """Whether a model fits a board: weights in flash, arena, state and stack in RAM, without program code."""

    board: str
    fits: bool
    flash_bytes: int
    flash_limit: int
    ram_bytes: int
    ram_limit: int
    reason: str


@dataclass(frozen=True)
class Analysis:
    """Everything that ``skipstone analyze`` shows of a model for one board.

    Instructions are predicted (kind ``modelled``). ``shut`` and ``open``: no gate and every gate open. Of an
    IF that is no gated block the dearer branch counts, so that MACs and instructions are upper bounds.
    """

    model: str
    sha256: str
    board: str
    core: str
    operators: tuple[OperatorCount, ...]
    findings: tuple[Finding, ...]
    operations: tuple[StepOperation, ...] = ()
    blocks: tuple[BlockCost, ...] = ()
    fixed_macs: int = 0
    arbitrator_macs: int = 0
    weight_bytes: int = 0
    state_bytes: int = 0
    state_count: int = 0
    arena_bytes: int = 0
    arena_lower_bound_bytes: int = 0
    arena: tuple[ArenaBuffer, ...] = ()
    shut_instructions: float = 0.0
    open_instructions: float = 0.0
    unknown_kernels: tuple[str, ...] = ()
    costs_of: str = ""
    worst_error_percent: float | None = None
    fits: tuple[Fit, ...] = ()

    @property
    def is_supported(self) -> bool:
        """Whether code can be generated."""
        return not self.findings

    def as_dict(self) -> dict[str, Any]:
        """For JSON: plain types, ``version`` first."""
        return {"version": 1, "instructions_kind": "modelled", **asdict(self)}


def analyze(
    data: bytes, name: str, board: Board, costs: KernelCosts | None = None, boards: tuple[Board, ...] = ()
) -> Analysis:
    """Analyse a model for ``board``; nothing is compiled and nothing written.

    Args:
        data: the .tflite.
        name: for messages.
        board: whose kernels, memory and recorded costs count.
        costs: recorded kernel costs; those of the package unless given.
        boards: boards for which to say whether the model fits.

    Returns:
        With findings and the operators only, where the model has constructs without C.

    Raises:
        TfliteError: the file is damaged.
        CodegenError: metadata and graph contradict each other.
        AnalyzeError: the recorded costs cannot be read.
    """
    model, network = read_model(data), build_network(data, name)
    frame: dict[str, Any] = {
        "model": name,
        "sha256": network.sha256.hex(),
        "board": board.name,
        "core": board.core,
        "operators": _operator_counts(model),
    }
    try:
        program = compile_network(network)
    except UnsupportedModelError as error:
        return Analysis(**frame, findings=tuple(error.findings))
    record = costs or load_kernel_costs()
    core = record.of_board(board)
    selection = select_kernels(program, KernelVariant(board.kernel_variant))
    blocks = facts.block_facts(network, program, selection)
    operations = _operations(program, selection, model, core, [block.name for block in blocks])
    fixed_macs, arbitrator_macs = facts.step_macs(network, program)
    every = [operation for function in program.functions() for operation in function.operations]
    arena, state = plan_arena(program, selection), plan_state(program)
    counted = [op for op in operations if op.is_counted]
    always = sum(op.instructions or 0.0 for op in counted if op.block is None) + core.step.step
    costs_of_blocks = tuple(
        BlockCost(b.name, b.kind, b.macs, b.weight_bytes, _block_instructions(b.name, counted, core))
        for b in blocks
    )
    return Analysis(
        **frame,
        findings=(),
        operations=operations,
        blocks=costs_of_blocks,
        fixed_macs=fixed_macs,
        arbitrator_macs=arbitrator_macs,
        weight_bytes=facts.constant_bytes(every, selection),
        state_bytes=state.bytes,
        state_count=len(program.states),
        arena_bytes=arena.bytes,
        arena_lower_bound_bytes=arena.lower_bound_bytes,
        arena=tuple(
            ArenaBuffer(life.buffer.name, life.buffer.offset, life.buffer.bytes, life.first, life.last)
            for life in arena_lifetimes(program, arena)
        ),
        shut_instructions=always,
        open_instructions=always + sum(block.instructions or 0.0 for block in costs_of_blocks),
        unknown_kernels=tuple(sorted({op.kernel for op in operations if op.instructions is None})),
        costs_of=CORE_OF[board.core],
        worst_error_percent=record.worst_error_percent() if record.checks else None,
        fits=tuple(
            _fit(name, program, one, arena.bytes + state.bytes, selection, board)
            for one in boards or (board,)
        ),
    )


def _operator_counts(model: Model) -> tuple[OperatorCount, ...]:
    options = [op.options for op in model.main.operators]
    initial = {one.init_subgraph for one in options if isinstance(one, CallOnceOptions)}
    names = [op.name for graph in model.subgraphs if graph.index not in initial for op in graph.operators]
    return tuple(OperatorCount(*item) for item in sorted(Counter(names).items()))


def _operations(
    program: Program, selection: Selection, model: Model, core: CoreCosts, blocks: list[str]
) -> tuple[StepOperation, ...]:
    owner = {op: blocks[block.index] for block in program.blocks for op in block.body.operations}
    timeline = program.timeline()
    predicted = {op: predict_operation(core, op, selection.get(op)) for op in timeline}
    counted = {op for op, _ in dearest(timeline, lambda op: predicted[op] or 0.0)}
    return tuple(
        StepOperation(
            operation.name,
            _operator_name(operation, model),
            owner.get(operation),
            kernel_name(operation, selection),
            times * operation.macs,
            facts.constant_bytes([operation], selection),
            None if instructions is None else times * instructions,
            operation in counted,
        )
        for operation, times in repeated(timeline)
        if not isinstance(operation, MARKS)
        for instructions in [predicted[operation]]
    )


def _operator_name(operation: Operation, model: Model) -> str:
    graph, index = operation.origin
    if isinstance(operation, RunBlock | BranchBegin):
        return "IF"
    operators = model.subgraphs[graph].operators
    return operators[index].name if index < len(operators) else "output"  # a copy behind the last one


def _block_instructions(name: str, operations: list[StepOperation], core: CoreCosts) -> float | None:
    known = [op.instructions for op in operations if op.block == name]
    if any(instructions is None for instructions in known):
        return None
    return sum(instructions or 0.0 for instructions in known) + core.step.open_block


def _fit(
    name: str, program: Program, board: Board, ram_bytes: int, selection: Selection, analysed: Board
) -> Fit:
    """Packed constants and scratch depend on the kernel variant, so they are counted for each board."""
    if board.kernel_variant != analysed.kernel_variant:
        selection = select_kernels(program, KernelVariant(board.kernel_variant))
        ram_bytes = plan_state(program).bytes + plan_arena(program, selection).bytes
    every = [operation for function in program.functions() for operation in function.operations]
    flash_bytes = facts.constant_bytes(every, selection)
    reason = ""
    try:
        check_limits(name, board, flash_bytes, ram_bytes)
    except BoardLimitError as error:
        reason = error.cause
    ram = ram_bytes + board.stack_bytes
    return Fit(board.name, not reason, flash_bytes, board.flash_bytes, ram, board.ram_bytes, reason)

"""Facts of a model that the descriptor, ``codegen.json`` and the command's table show."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version

from skipstone.firmware.codegen.buffers import Role
from skipstone.firmware.codegen.errors import CodegenError
from skipstone.firmware.codegen.graph import Network
from skipstone.firmware.codegen.known_answer import KnownAnswer
from skipstone.firmware.codegen.npu.job import NpuJob
from skipstone.firmware.codegen.operations import Compare, Operation
from skipstone.firmware.codegen.program import Program, RunBlock, macs_of
from skipstone.firmware.codegen.selection import Selection
from skipstone.quantize.features.settings import FeatureSettings


@dataclass(frozen=True)
class BlockFacts:
    """One block: MACs and bytes of packed constants; open when the biased logit exceeds ``threshold``."""

    index: int
    name: str
    kind: str
    macs: int
    weight_bytes: int
    threshold: int


@dataclass(frozen=True)
class ModelFacts:
    """A model on a board; counts in MACs a step, bytes, frames and samples.

    ``fixed_block_macs`` is the part of ``fixed_macs`` that ``SKIP_TABLE`` calls work of blocks,
    ``idle_reset`` the idle steps after which the model wants to be reset (0: never), ``idle_blocks`` the most
    blocks that run in an idle step.
    """

    name: str
    sha256: bytes
    board: str
    core: str
    tool_version: str
    blocks: tuple[BlockFacts, ...]
    fixed_macs: int
    fixed_block_macs: int
    idle_reset: int
    idle_blocks: int
    arbitrator_macs: int
    weight_bytes: int
    frames_per_step: int
    samples_per_step: int
    tokens: tuple[str, ...]
    blank: int
    known_answer: KnownAnswer


def tool_version() -> str:
    """Version of the installed package."""
    try:
        return version("skipstone")
    except PackageNotFoundError:
        return "unknown"


def block_facts(network: Network, program: Program, selection: Selection) -> tuple[BlockFacts, ...]:
    """Names and kinds from ``SKIP_TABLE`` (or the subgraphs), the rest from what was generated.

    Raises:
        CodegenError: ``SKIP_TABLE`` and the graph contradict each other.
    """
    blocks = program.blocks
    declared = list(network.skip_table.blocks) if network.skip_table is not None else []
    if declared and [b.subgraph for b in declared] != [b.body.subgraph for b in blocks]:
        raise CodegenError(
            f"{network.name}: SKIP_TABLE names the subgraphs {[b.subgraph for b in declared]}, "
            f"but the gates run {[b.body.subgraph for b in blocks]}",
            "write file and table with the same version of `skipstone convert`",
        )
    thresholds = _gate_thresholds(program)
    return tuple(
        BlockFacts(
            block.index,
            declared[block.index].name if declared else block.body.name,
            declared[block.index].kind if declared else "other",
            macs_of(block.body.operations),
            constant_bytes(block.body.operations, selection),
            thresholds[block.index] - 1,
        )
        for block in blocks
    )


def _gate_thresholds(program: Program) -> dict[int, int]:
    """Smallest logit that opens each block (``ss_compare_gates``), by block index."""
    by_gate: dict[tuple[int, int], int] = {}
    for operation in program.step.operations:
        if isinstance(operation, Compare):
            for element, threshold in enumerate(operation.thresholds.tolist()):
                by_gate[id(operation.output.buffer), operation.output.offset + element] = threshold
    return {block.index: by_gate[id(block.gate.buffer), block.gate.offset] for block in program.blocks}


def check_head(network: Network) -> None:
    """``TOKENS`` names a transducer exactly where the graph reads the last tokens.

    Raises:
        CodegenError: the two contradict each other.
    """
    head = network.tokens.head if network.tokens is not None else None
    if head is not None and (head == "transducer") != (network.context_tokens > 0):
        reads = "reads" if network.context_tokens else "does not read"
        raise CodegenError(
            f"{network.name}: TOKENS names the head {head}, but the graph {reads} the last tokens",
            "write file and table with the same version of `skipstone convert`",
        )


def constant_bytes(operations: list[Operation], selection: Selection) -> int:
    """Bytes of packed constants that ``operations`` read."""
    packed = sum(selection[operation].constant_bytes for operation in operations if operation in selection)
    packed += sum(operation.job.bytes for operation in operations if isinstance(operation, NpuJob))
    operands = {span.buffer for operation in operations for span in operation.reads()}
    return packed + sum(buffer.bytes for buffer in operands if buffer.role == Role.CONSTANT)


def step_macs(network: Network, program: Program) -> tuple[int, int]:
    """``(fixed_macs, arbitrator_macs)``: what every step costs, whichever gates are open.

    Without a ``SKIP_TABLE`` nothing says which part is an arbitrator; all of it counts as fixed.
    """
    every_step = macs_of([op for op in program.step.operations if not isinstance(op, RunBlock)])
    arbitrators = network.skip_table.arbitrator_macs if network.skip_table is not None else 0
    return max(every_step - arbitrators, 0), arbitrators


def front_end(network: Network) -> FeatureSettings | None:
    """Settings of the front end when the model names one.

    Raises:
        FeatureError: settings of another version of the front end.
    """
    return FeatureSettings.from_dict(network.features) if network.features else None

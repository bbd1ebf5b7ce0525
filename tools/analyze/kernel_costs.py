"""Instructions of an operation, predicted from recorded costs of its kernel.

``kernel_costs.json`` is written by ``python benchmarks/kernel_costs/run.py``, which counts every kernel at
many sizes on the virtual Cortex-M4 and Cortex-M55 and fits a linear model of its work (``work.py``) to each.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError
from skipstone.firmware.codegen.boards import Board
from skipstone.firmware.codegen.operations import Copy, Fill, Operation
from skipstone.firmware.codegen.packing.operator import PackedOperator
from skipstone.firmware.codegen.program import BranchBegin, RunBlock
from skipstone.tools.analyze.errors import AnalyzeError
from skipstone.tools.analyze.work import work_of

COSTS_FILE = Path(__file__).with_name("kernel_costs.json")

CORE_OF = {"cortex-m4": "m4", "cortex-m7": "m4", "cortex-m33": "m4", "cortex-m55": "m55"}
"""Recorded core that stands for each core: M4, M7 and M33 run the same kernels and instructions."""


class _Table(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class KernelCost(_Table):
    """``instructions = Σ coefficient · quantity``; errors of the fit, percent of a counted call.

    Attributes:
        coefficients: by quantity of :func:`~skipstone.tools.analyze.work.work_of`.
        cases: calls that were counted.
        mean_error_percent: mean of the absolute errors when each case is predicted from the others.
        worst_error_percent: the largest of them.
    """

    coefficients: dict[str, float]
    cases: int
    mean_error_percent: float
    worst_error_percent: float


class StepCost(_Table):
    """What a step costs besides its kernels, in instructions.

    Attributes:
        step: entering and leaving ``ss_step``.
        copied_byte: a byte of a memcpy or memset.
        copy_call: the call of one.
        block: one gate that is asked.
        open_block: entering, leaving and the small operations of an open block.
    """

    step: float
    copied_byte: float
    copy_call: float
    block: float
    open_block: float


class Check(_Table):
    """A whole model: instructions of a step as counted on a board and as predicted here."""

    core: str
    model: str
    counted: int
    predicted: int
    error_percent: float


class CoreCosts(_Table):
    """All kernels of one core."""

    kernels: dict[str, KernelCost]
    step: StepCost


class KernelCosts(_Table):
    """The file."""

    version: int
    command: str
    kind: str
    compiler: str
    cores: dict[str, CoreCosts]
    checks: list[Check]

    def worst_error_percent(self) -> float:
        """Largest error of a whole model against its exact count on a board."""
        return max((abs(check.error_percent) for check in self.checks), default=float("nan"))

    def of_board(self, board: Board) -> CoreCosts:
        """Costs that stand for a board's core."""
        return self.cores[CORE_OF[board.core]]


def predict_kernel(costs: CoreCosts, kernel: PackedOperator) -> float | None:
    """Instructions of one call; ``None`` where the kernel has no recorded cost."""
    known, work = costs.kernels.get(kernel.kernel), work_of(kernel)
    if known is None or work is None:
        return None
    return max(0.0, sum(known.coefficients.get(name, 0.0) * count for name, count in work.items()))


def predict_operation(costs: CoreCosts, operation: Operation, kernel: PackedOperator | None) -> float | None:
    """Instructions of an operation of the program; ``None`` where its kernel has no recorded cost."""
    if kernel is not None:
        return predict_kernel(costs, kernel)
    match operation:
        case Copy() | Fill():
            return costs.step.copy_call + costs.step.copied_byte * operation.output.bytes
        case RunBlock() | BranchBegin():
            return costs.step.block
        case _:
            return 0.0  # comparisons and ring indices are part of the block's and the step's cost


@cache
def load_kernel_costs(path: Path = COSTS_FILE) -> KernelCosts:
    """Read the record.

    Raises:
        AnalyzeError: it is missing or of another version.
    """
    try:
        return KernelCosts(**json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, ValidationError) as error:
        raise AnalyzeError(
            f"kernel costs cannot be read from {path.name}: {error}",
            "install skipstone again, or write them with python benchmarks/kernel_costs/run.py",
        ) from error

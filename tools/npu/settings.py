"""From the options of a verb to what code generation is told about the NPU."""

from __future__ import annotations

from collections.abc import Collection

from skipstone.firmware.codegen.boards import Board
from skipstone.firmware.codegen.npu.accelerator import accelerator_for
from skipstone.firmware.codegen.npu.eligibility import EXACT
from skipstone.firmware.codegen.npu.errors import NpuError
from skipstone.firmware.codegen.npu.partition import NpuSettings
from skipstone.firmware.codegen.npu.vela import require_vela
from skipstone.tools.npu.check import can_check, check_job
from skipstone.tools.npu.cost_rule import default_min_macs


def npu_settings(
    board: Board,
    name: str,
    min_macs: int | None = None,
    is_strict: bool = False,
    leave: Collection[str] = (),
) -> NpuSettings:
    """Settings with the default of the cost rule, and with the check where there is a model of the NPU.

    Args:
        board: its memory decides what Vela's estimates assume, its core what the CPU's kernels cost.
        name: of the accelerator.
        min_macs: ``None``: by the cost rule.
        is_strict: refuse operators on the CPU.
        leave: kinds of operators for the CPU, in any case.

    Raises:
        NpuError: no such accelerator or kind of operator; VelaError where Vela is absent.
    """
    accelerator = accelerator_for(board, name)
    require_vela()
    kinds = frozenset(kind.upper() for kind in leave)
    unknown = sorted(kinds - EXACT)
    if unknown:
        raise NpuError(
            f"no operator '{unknown[0]}' runs on the NPU", f"--npu-leave takes {', '.join(sorted(EXACT))}"
        )
    return NpuSettings(
        accelerator,
        default_min_macs(board, accelerator) if min_macs is None else min_macs,
        is_strict,
        kinds,
        check_job if can_check(accelerator) else None,
    )

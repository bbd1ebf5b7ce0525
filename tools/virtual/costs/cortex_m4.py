"""Cycles by the Cortex-M4 table, also used for the Cortex-M33.

Source: Arm Cortex-M4 Processor Technical Reference Manual (r0p1), sections 3.3.1 "Cortex-M4 instructions" and
3.3.3 "Load/store timings", and chapter 7 (FPU). No wait states: the cost of flash depends on the part.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from skipstone.tools.virtual.costs.disassembly import Instruction, Kind, writes_pc
from skipstone.tools.virtual.costs.table import SIXTEENTHS, Cost

DIVIDE_CYCLES = 7  # 2 to 12, depending on the operands
FLOAT_DIVIDE_CYCLES = 14
FLOAT_MULTIPLY_ADD_CYCLES = 3


def costs(instructions: Sequence[Instruction]) -> dict[int, Cost]:
    """Cost of every instruction by address."""
    sizes = {instruction.pc: instruction.size for instruction in instructions}
    result = {}
    after_memory = False
    for instruction in instructions:
        cycles, taken = _cycles(instruction, sizes, after_memory)
        result[instruction.pc] = Cost(cycles * SIXTEENTHS, taken * SIXTEENTHS)
        after_memory = _pipelines(instruction)
    return result


def _pipelines(instruction: Instruction) -> bool:
    """A single load or store, behind which another one takes one cycle."""
    multiple = "{" in instruction.operands or instruction.opcode.startswith(("ldrd", "strd"))
    return instruction.kind in (Kind.LOAD, Kind.STORE) and not multiple


def _refill(instruction: Instruction, sizes: dict[int, int]) -> int:
    """Pipeline refill P: 1, or 2 when the target is a 32-bit instruction that is not word aligned."""
    target = instruction.target
    unaligned = target is not None and target % 4 == 2 and sizes.get(target) == 4
    return 2 if unaligned else 1


def _cycles(instruction: Instruction, sizes: dict[int, int], after_memory: bool) -> tuple[int, int]:
    """``(cycles, extra cycles when the branch is taken)``."""
    kind = instruction.kind
    if kind is Kind.BRANCH:
        return _branch(instruction, sizes)
    if kind in (Kind.LOAD, Kind.STORE):
        return _memory(instruction, after_memory), 0
    if kind is Kind.DIVIDE:
        return DIVIDE_CYCLES, 0
    if kind is Kind.FLOAT:
        return _float(instruction), 0
    if instruction.opcode.startswith(("isb", "dsb", "mrs", "msr")):
        return 2, 0
    return 1, 0


def _branch(instruction: Instruction, sizes: dict[int, int]) -> tuple[int, int]:
    opcode = instruction.opcode
    if instruction.conditional:
        return 1, _refill(instruction, sizes)
    if opcode.startswith(("pop", "ldm")):
        return 1 + instruction.register_count + 2, 0
    if opcode.startswith(("ldr", "tb")) or writes_pc(instruction):
        return 4, 0
    return 1 + (_refill(instruction, sizes) if instruction.target is not None else 2), 0


def _memory(instruction: Instruction, after_memory: bool) -> int:
    if instruction.opcode.startswith(("ldrd", "strd")):
        return 3
    if "{" in instruction.operands:
        return 1 + instruction.register_count
    if instruction.kind is Kind.STORE:
        return 1
    return 1 if after_memory else 2


def _float(instruction: Instruction) -> int:
    if instruction.opcode.startswith(("vdiv", "vsqrt")):
        return FLOAT_DIVIDE_CYCLES
    if re.match(r"v(n?ml[as]|fn?m[as])", instruction.opcode):
        return FLOAT_MULTIPLY_ADD_CYCLES
    return 1

"""Cycles of each basic block by LLVM's scheduling models (llvm-mca), for the Cortex-M7 and Cortex-M55.

llvm-mca runs a block over and over and reports its steady state; a block's cycles are spread evenly over its
instructions. Not modelled: wait states, caches, branch prediction beyond a fixed penalty for a taken branch.
"""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Sequence
from pathlib import Path

from skipstone.tools.virtual.costs.disassembly import Instruction, Kind, tool
from skipstone.tools.virtual.costs.table import SIXTEENTHS, Cost
from skipstone.tools.virtual.errors import CostModelError

ITERATIONS = 50
TAKEN_CYCLES = {
    "cortex-m7": 0,
    "cortex-m55": 1,
}  # the M7 predicts; the M55 refills one slot, LE costs nothing
_TRIPLES = {"cortex-m7": "thumbv7em-none-eabihf", "cortex-m55": "thumbv8.1m.main-none-eabihf"}
_UNUSABLE = (".", "udf", "<unknown>", "bkpt")
Block = list[Instruction]


def costs(elf: Path, instructions: Sequence[Instruction], core: str) -> dict[int, Cost]:
    """Cost of every instruction by address.

    Args:
        elf: the image, read again by LLVM's disassembler (its syntax is what llvm-mca parses).
        instructions: the same image, as :func:`disassemble` gives it.
        core: ``cortex-m7`` or ``cortex-m55``.

    Raises:
        CostModelError: LLVM's tools are missing or fail.
    """
    blocks = basic_blocks(instructions)
    cycles = _simulate(blocks, _llvm_text(elf, core), core)
    result = {}
    for block, block_cycles in zip(blocks, cycles, strict=True):
        charged = 0
        for position, instruction in enumerate(block, start=1):
            due = round(block_cycles * SIXTEENTHS * position / len(block))
            branch = instruction.kind is Kind.BRANCH and not instruction.opcode.startswith("le")
            taken = TAKEN_CYCLES[core] * SIXTEENTHS if branch else 0
            result[instruction.pc] = Cost(due - charged, taken)
            charged = due
    return result


def basic_blocks(instructions: Sequence[Instruction]) -> list[Block]:
    """Split at branches, branch targets and gaps, but never inside an IT or VPT block."""
    leaders = {i.target for i in instructions if i.target is not None}
    leaders |= {i.pc + i.size for i in instructions if i.kind is Kind.BRANCH}
    blocks: list[Block] = []
    held, end = 0, None
    for instruction in instructions:
        boundary = instruction.pc in leaders or instruction.pc != end
        if not blocks or (boundary and held <= 0):
            blocks.append([])
        blocks[-1].append(instruction)
        end = instruction.pc + instruction.size
        held = max(held - 1, _predicated(instruction))
    return blocks


def _predicated(instruction: Instruction) -> int:
    """Instructions behind this one that an IT, VPT or VPST holds."""
    if re.fullmatch(r"it[te]*", instruction.opcode):
        return len(instruction.opcode) - 1
    match = re.match(r"vps?t([te]*)$", instruction.opcode)
    return len(match[1]) + 1 if match else 0


def _llvm_text(elf: Path, core: str) -> dict[int, str]:
    """Assembler text by address in LLVM's syntax, branches with a harmless relative target."""
    objdump = tool("llvm-objdump-19", "llvm-19")
    command = [objdump, "-d", f"--triple={_TRIPLES[core]}", f"--mcpu={core}", str(elf)]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    if result.returncode != 0:
        raise CostModelError(f"{elf}: llvm-objdump: {result.stderr.strip()}", "apt-get install llvm-19")
    text = {}
    for line in result.stdout.splitlines():
        match = re.match(r"^\s*([0-9a-f]+): [0-9a-f ]+\t(.*)$", line)
        if match:
            source = re.sub(r"\s*[@<].*", "", match[2]).strip()
            backwards = source.startswith("le")
            text[int(match[1], 16)] = re.sub(r"(?<!#)\b0x[0-9a-f]+$", "#-8" if backwards else "#8", source)
    return text


def _usable(source: str) -> str:
    """What llvm-mca can be given: a NOP stands for what is no instruction to it."""
    return "nop" if source.startswith(_UNUSABLE) else source


def _simulate(blocks: Sequence[Block], text: dict[int, str], core: str) -> list[float]:
    """Cycles of each block, by one run; a block that yields nothing costs one an instruction."""
    lines = [".syntax unified", ".thumb"]
    for number, block in enumerate(blocks):
        lines.append(f"# LLVM-MCA-BEGIN b{number}")
        lines += [_usable(text.get(instruction.pc, "nop")) for instruction in block]
        lines.append(f"# LLVM-MCA-END b{number}")
    result = _run("\n".join(lines) + "\n", core)
    if not result.stdout.startswith("{"):
        raise CostModelError(f"llvm-mca fails: {result.stderr.strip()[-300:]}", "apt-get install llvm-19")
    regions = json.loads(result.stdout)["CodeRegions"]
    found = {region["Name"]: region["SummaryView"]["TotalCycles"] / ITERATIONS for region in regions}
    return [found.get(f"b{number}", float(len(block))) for number, block in enumerate(blocks)]


def _run(source: str, core: str) -> subprocess.CompletedProcess[str]:
    mca = tool("llvm-mca-19", "llvm-19")
    command = [mca, f"-mtriple={_TRIPLES[core]}", f"-mcpu={core}", f"-iterations={ITERATIONS}"]
    command += ["-call-latency=1", "--skip-unsupported-instructions=any", "-json"]
    return subprocess.run(command, input=source, capture_output=True, text=True, check=False)

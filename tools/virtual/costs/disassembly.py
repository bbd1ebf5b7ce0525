"""Disassembly of an ELF into instructions with a class, by the system's arm-none-eabi-objdump."""

from __future__ import annotations

import re
import shutil
import subprocess
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from skipstone.tools.virtual.errors import CostModelError

_LINE = re.compile(r"^\s*([0-9a-f]+):\t([0-9a-f ]+?)\s*\t(\S+)\s*(.*)$")
_CONDITIONS = "eq|ne|cs|cc|hs|lo|mi|pl|vs|vc|hi|ls|ge|lt|gt|le|al"
_BRANCH = re.compile(
    rf"^(b|bl|bx|blx|cbz|cbnz|tbb|tbh|le|letp|wls|wlstp|dls|dlstp|bxns|blxns)(\.[nw])?$|^b(x|l)?({_CONDITIONS})(\.[nw])?$"
)
_CONDITIONAL = re.compile(rf"^(b({_CONDITIONS})|cbz|cbnz)(\.[nw])?$")
_TARGET = re.compile(r"\b([0-9a-f]+) <")
_VECTOR_ONLY = (
    "vctp",
    "vpst",
    "vpt",
    "vpnot",
    "vmlav",
    "vmlad",
    "vaddv",
    "vmaxv",
    "vminv",
    "vmlaldav",
    "vmlsdav",
)


class Kind(Enum):
    """Class of an instruction as the cost tables distinguish it."""

    ALU = "alu"
    LOAD = "load"
    STORE = "store"
    MULTIPLY = "multiply"
    DIVIDE = "divide"
    BRANCH = "branch"
    FLOAT = "float"
    VECTOR = "vector"
    SYSTEM = "system"


@dataclass(frozen=True)
class Instruction:
    """One instruction: address, size in bytes (2 or 4), mnemonic with suffix, operands without comment."""

    pc: int
    size: int
    mnemonic: str
    operands: str

    @property
    def opcode(self) -> str:
        """Mnemonic without width or type suffix."""
        return self.mnemonic.split(".")[0]

    @property
    def kind(self) -> Kind:
        """Class of the instruction."""
        return classify(self)

    @property
    def target(self) -> int | None:
        """Branch target, where objdump names one."""
        match = _TARGET.search(self.operands)
        return int(match[1], 16) if match and self.kind is Kind.BRANCH else None

    @property
    def conditional(self) -> bool:
        """A branch that may fall through."""
        return bool(_CONDITIONAL.match(self.mnemonic))

    @property
    def register_count(self) -> int:
        """Registers in the list of an LDM, STM, PUSH, POP, VLDM … (double-precision ones count twice)."""
        listed = self.operands[self.operands.find("{") :]
        total = len(re.findall(r"\b(?:lr|pc|ip|fp|sl|sp|sb)\b", listed))
        for letter, first, final in re.findall(r"\b([rsd])(\d+)(?:-[rsd](\d+))?", listed):
            span = int(final) - int(first) + 1 if final else 1
            total += span * (2 if letter == "d" else 1)
        return total


def writes_pc(instruction: Instruction) -> bool:
    """A load, pop or move whose destination is the program counter."""
    opcode, operands = instruction.opcode, instruction.operands
    if opcode.startswith(("pop", "ldm")):
        return "pc" in operands[operands.find("{") :]
    return opcode.startswith(("ldr", "mov", "add")) and operands.startswith("pc,")


def classify(instruction: Instruction) -> Kind:
    """Class of ``instruction`` by its mnemonic."""
    opcode = instruction.opcode
    if _BRANCH.match(instruction.mnemonic) or writes_pc(instruction):
        return Kind.BRANCH
    if opcode.startswith("v"):
        return _classify_vector(instruction)
    prefixes = {
        Kind.LOAD: ("ldr", "ldm", "pop", "ldaex", "lda"),
        Kind.STORE: ("str", "stm", "push", "stl"),
        Kind.DIVIDE: ("sdiv", "udiv"),
        Kind.MULTIPLY: (
            "mul",
            "mla",
            "mls",
            "smul",
            "umul",
            "smla",
            "umla",
            "smm",
            "smuad",
            "smusd",
            "smls",
            "umaal",
        ),
        Kind.SYSTEM: ("dsb", "dmb", "isb", "wfi", "wfe", "cps", "mrs", "msr", "bkpt", "svc"),
    }
    return next((kind for kind, starts in prefixes.items() if opcode.startswith(starts)), Kind.ALU)


def _classify_vector(instruction: Instruction) -> Kind:
    opcode = instruction.opcode
    vector = bool(re.search(r"\bq[0-7]\b", instruction.operands)) or opcode.startswith(_VECTOR_ONLY)
    if vector:
        return Kind.VECTOR
    if opcode.startswith(("vldr", "vldm", "vpop")):
        return Kind.LOAD
    if opcode.startswith(("vstr", "vstm", "vpush")):
        return Kind.STORE
    return Kind.FLOAT


def tool(name: str, package: str) -> str:
    """Path of a program, or a typed error that names its package."""
    path = shutil.which(name)
    if path is None:
        raise CostModelError(
            f"{name} is not installed; the cost model needs it", f"apt-get install {package}"
        )
    return path


def disassemble(elf: Path) -> list[Instruction]:
    """Every instruction of the code sections of ``elf``, by address.

    Raises:
        CostModelError: objdump is missing or refuses the file.
    """
    objdump = tool("arm-none-eabi-objdump", "binutils-arm-none-eabi")
    result = subprocess.run(
        [objdump, "-d", "-z", "-marmv8.1-m.main", str(elf)], capture_output=True, text=True, check=False
    )
    if result.returncode != 0:
        raise CostModelError(
            f"{elf}: objdump: {result.stderr.strip()}", "pass the firmware.elf that `skipstone build` wrote"
        )
    found = {}
    for line in result.stdout.splitlines():
        match = _LINE.match(line)
        if match and not match[3].startswith("."):
            operands = re.split(r"\s*(?:@|;|//)", match[4])[0].strip()
            size = len(match[2].replace(" ", "")) // 2
            found[int(match[1], 16)] = Instruction(int(match[1], 16), size, match[3], operands)
    return [found[pc] for pc in sorted(found)]

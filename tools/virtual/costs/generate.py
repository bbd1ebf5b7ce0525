"""From an ELF and a core to a cost file, kept in the cache by the digest of the ELF."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from skipstone.quantize.artefacts import write_file
from skipstone.tools.virtual.cache import cache_folder
from skipstone.tools.virtual.costs import cortex_m4, llvm_mca
from skipstone.tools.virtual.costs.disassembly import disassemble
from skipstone.tools.virtual.costs.image import read_image
from skipstone.tools.virtual.costs.table import Cost, CostRecord, encode
from skipstone.tools.virtual.errors import CostModelError

MODEL_VERSION = 3  # part of the cache key: raise it when a table or rule changes


@dataclass(frozen=True)
class CycleModel:
    """How the cycles of a core are modelled.

    Attributes:
        source: where the figures come from.
        uncertainty_percent: half-width of the error expected against silicon without wait states (CoreMark).
    """

    source: str
    uncertainty_percent: int


CYCLE_MODELS = {
    "cortex-m4": CycleModel("Cortex-M4 TRM r0p1, 3.3.1", 15),
    "cortex-m33": CycleModel("Cortex-M4 TRM r0p1, 3.3.1, applied to the M33", 30),
    "cortex-m7": CycleModel("LLVM 19 scheduling model (llvm-mca)", 20),
    "cortex-m55": CycleModel("LLVM 19 scheduling model (llvm-mca)", 30),
}


def cycle_model(core: str) -> CycleModel:
    """The model of ``core``.

    Raises:
        CostModelError: there is none for this core.
    """
    try:
        return CYCLE_MODELS[core]
    except KeyError:
        raise CostModelError(
            f"no cycle model for core '{core}'", f"use one of {', '.join(sorted(CYCLE_MODELS))}"
        ) from None


def cost_file(elf: Path, core: str) -> Path:
    """The cost file of ``elf`` for ``core``, made if the cache does not hold it (seconds for M7 and M55).

    Raises:
        CostModelError: the ELF cannot be read, or a tool is missing.
    """
    cycle_model(core)
    try:
        digest = hashlib.sha256(elf.read_bytes()).hexdigest()
    except OSError as error:
        raise CostModelError(
            f"{elf}: {error.strerror}", "pass the firmware.elf that `skipstone build` wrote"
        ) from error
    path = cache_folder("costs") / f"{digest[:32]}-{core}-v{MODEL_VERSION}.bin"
    if not path.exists():
        write_file(path, generate(elf, core))
    return path


def generate(elf: Path, core: str) -> bytes:
    """The bytes of the cost file of ``elf`` for ``core``."""
    image = read_image(elf)
    instructions = disassemble(elf)
    if core in ("cortex-m4", "cortex-m33"):
        costs = cortex_m4.costs(instructions)
    else:
        costs = llvm_mca.costs(elf, instructions, core)
    records = [
        CostRecord(i.pc, costs.get(i.pc, Cost(16)), i.pc in image.marks, image.in_interrupt(i.pc))
        for i in instructions
    ]
    return encode(records, image.counters_address)

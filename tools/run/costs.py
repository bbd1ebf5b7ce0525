"""Stage 5: counts of the board → the figures of the record."""

from __future__ import annotations

from skipstone.firmware.codegen.boards import Board
from skipstone.quantize.evaluation.gates import compute_fraction
from skipstone.tools.device.results import Profile
from skipstone.tools.profile.energy import EnergyModel
from skipstone.tools.run.record import FRONT_END, BlockCost, EnergyFacts, GateSource, ModelFacts, PassRecord
from skipstone.tools.run.stream import BoardPass


def energy_facts(board: Board, energy: EnergyModel) -> EnergyFacts:
    """The coefficients, as the record keeps them; ``kind`` allows for modelled cycles."""
    return EnergyFacts.model_validate({**board.energy.model_dump(), "kind": energy.kind})


def pass_record(source: GateSource, done: BoardPass, model: ModelFacts, energy: EnergyModel) -> PassRecord:
    """Means over the steps of a pass; energy is the active part plus the idle floor over a step's period."""
    cycles = float(done.batch.cycles.mean())
    return PassRecord(
        gates=source,
        steps=len(done.batch),
        instructions_per_step=float(done.batch.instructions.mean()),
        cycles_per_step=cycles,
        energy_uj_per_step=energy.active_uj(cycles) + energy.idle_uj,
        compute_fraction=compute_fraction(done.batch.gates, model),
        byte_equal_steps=int(done.equal.sum()),
        mismatches=int((~done.equal).sum()),
    )


def block_costs(profile: Profile, model: ModelFacts, energy: EnergyModel) -> tuple[BlockCost, ...]:
    """Rows of the block table: the blocks, then what runs at every step; shares add up to 1."""
    parts = [
        (
            block.name,
            (int(profile.runs[block.index]), int(profile.skips[block.index])),
            (int(profile.block_instructions[block.index]), int(profile.block_cycles[block.index])),
        )
        for block in model.blocks
    ]
    parts += [(name, (profile.steps, 0), sums) for name, sums in _fixed_parts(profile)]
    total = max(profile.instructions + profile.front_end_instructions, 1)
    return tuple(_row(index, part, energy, total) for index, part in enumerate(parts))


def _fixed_parts(profile: Profile) -> list[tuple[str, tuple[int, int]]]:
    """(instructions, cycles) of what every step runs; the front end, if PCM was sent, is on top of it."""
    names = {"before": "before the blocks", "after": "after the blocks", "dispatch": "dispatch"}
    parts = [(names[name], cost) for name, cost in profile.fixed_parts().items()]
    if profile.front_end_instructions:
        parts.append((FRONT_END, (profile.front_end_instructions, profile.front_end_cycles)))
    return parts


def _row(
    index: int, part: tuple[str, tuple[int, int], tuple[int, int]], energy: EnergyModel, total: int
) -> BlockCost:
    name, (runs, skips), (instructions, cycles) = part
    return BlockCost(
        index=index,
        name=name,
        runs=runs,
        skips=skips,
        instructions=instructions / runs if runs else 0.0,
        cycles=cycles / runs if runs else 0.0,
        energy_uj=energy.active_uj(cycles / runs) if runs else 0.0,
        share=instructions / total,
    )

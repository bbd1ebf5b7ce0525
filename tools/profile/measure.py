"""Stream features through a board and collect what every step and every block cost."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from skipstone.firmware.codegen.boards import Board
from skipstone.quantize.features.audio import read_audio
from skipstone.quantize.features.log_mel import TAIL_STEPS, log_mel, pad_pcm, stack_steps
from skipstone.tools.device import Device, Profile, StepBatch
from skipstone.tools.device.errors import DeviceError
from skipstone.tools.npu.costs import NpuCosts, npu_costs, npu_profile_of
from skipstone.tools.npu.job_table import JobTable
from skipstone.tools.profile.energy import EnergyModel
from skipstone.tools.profile.record import CostProfile, PartCost, StepTable
from skipstone.tools.virtual.costs import cycle_model


def clip_features(clips: list[Path], frames_per_step: int) -> list[NDArray[np.int8]]:
    """Features int8 [n, F] of each clip, with a tail of silence so that the last word comes out."""
    features = []
    for clip in clips:
        frames = log_mel(pad_pcm(read_audio(clip), TAIL_STEPS))
        features.append(stack_steps(frames, frames_per_step))
    return features


def profile_features(
    device: Device,
    board: Board,
    streams: list[NDArray[np.int8]],
    gates: str = "arbitrator",
    advance: Callable[[int], None] = lambda _: None,
    jobs: JobTable | None = None,
) -> CostProfile:
    """Run every stream from a reset and profile them together.

    Args:
        device: the board, flashed.
        board: its record, for the energy coefficients.
        streams: int8 [n, F] each.
        gates: ``arbitrator``, ``all`` or ``none``.
        advance: called with the number of steps done.
        jobs: of the NPU, where the board runs any and its code is at hand: adds Vela's estimates.

    Raises:
        DeviceError: no steps, features of another model, or the board does not count.
    """
    if device.info.instructions_kind == "none" and device.info.cycles_kind == "none":
        raise DeviceError(
            f"board '{device.info.board}' counts nothing", "choose a counter driver in its board.toml"
        )
    if not any(len(stream) for stream in streams):
        raise DeviceError("there are no steps to profile", "pass a clip of at least one step")
    device.set_gates(gates)
    device.profile(clear=True)
    batches = []
    for stream in streams:
        device.reset()
        for batch in device.stream_features(stream, logits=False):
            batches.append(batch)
            advance(len(batch))
    sums = device.profile()
    npu = _npu(device, sums, jobs)
    device.set_gates("arbitrator")
    return _profile(device, board, gates, StepBatch.join(batches), sums, npu)


def _npu(device: Device, sums: Profile, jobs: JobTable | None) -> NpuCosts | None:
    profile = npu_profile_of(device)
    if profile is None:
        return None
    names = [block.name for block in device.blocks()]
    return npu_costs(profile, sums.runs, names, device.info.cycles_kind, jobs)


def _profile(
    device: Device, board: Board, gates: str, batch: StepBatch, sums: Profile, npu: NpuCosts | None
) -> CostProfile:
    info = device.info
    measured = info.cycles_kind == "measured"
    model = cycle_model(board.core)
    energy = EnergyModel.of(board, info.frames_per_step, info.cycles_kind)
    blocks = []
    for block in device.blocks():
        counts = int(sums.runs[block.index]), int(sums.skips[block.index])
        cost = int(sums.block_instructions[block.index]), int(sums.block_cycles[block.index])
        blocks.append(_part(block.name, counts, cost, sums, energy, block.macs))
    return CostProfile(
        board=info.board,
        gates=gates,
        model_sha256=info.model_sha256,
        clock_hz=info.clock_hz,
        instructions_kind=info.instructions_kind,
        cycles_kind=info.cycles_kind,
        cycles_source=info.counter.name if measured else model.source,
        cycles_uncertainty_percent=0 if measured else model.uncertainty_percent,
        energy=energy,
        steps=StepTable(batch.gates, batch.instructions, batch.cycles),
        blocks=tuple(blocks),
        fixed=tuple(
            _part(name, (sums.steps, 0), cost, sums, energy) for name, cost in sums.fixed_parts().items()
        ),
        npu=npu,
    )


def _part(
    name: str,
    counts: tuple[int, int],
    cost: tuple[int, int],
    sums: Profile,
    energy: EnergyModel,
    macs: int = 0,
) -> PartCost:
    """The means of one part from ``(runs, skips)`` and the sums ``(instructions, cycles)``."""
    runs, skips = counts
    instructions, cycles = (total / max(runs, 1) for total in cost)
    share = cost[0] / sums.instructions if sums.instructions else 0.0
    return PartCost(name, runs, skips, instructions, cycles, energy.active_uj(cycles), share, macs)

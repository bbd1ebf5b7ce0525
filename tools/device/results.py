"""What a board answers, as typed records with NumPy arrays."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from skipstone.tools.protocol.messages import CounterKind


@dataclass(frozen=True)
class DeviceInfo:
    """Who answers: firmware, board, model. Counts are per step where they say so.

    Attributes:
        board: board name.
        core: such as ``cortex-m4``.
        clock_hz: core clock.
        counter: where instruction and cycle counts come from.
        firmware: version ``major.minor.patch``.
        model: model name.
        model_sha256: digest of the .tflite, hexadecimal.
        feature_count: features of a step.
        feature_width: bytes of a feature: 1 for int8 and uint8, 2 for int16.
        frames_per_step: 10 ms frames of a step.
        samples_per_step: PCM samples of a step; 0 without a front end.
        logit_count: logits of a step.
        logit_width: bytes of a logit, likewise.
        block_count: gated blocks.
        state_count: streaming states.
        blank: token id of the CTC blank.
        gate_bytes: bytes of one step's gate bits on the wire.
        max_payload: longest payload in bytes.
        faults: processor faults since power-on.
    """

    board: str
    core: str
    clock_hz: int
    counter: CounterKind
    firmware: str
    model: str
    model_sha256: str
    feature_count: int
    feature_width: int
    frames_per_step: int
    samples_per_step: int
    logit_count: int
    logit_width: int
    block_count: int
    state_count: int
    blank: int
    gate_bytes: int
    max_payload: int
    faults: int

    @property
    def instructions_kind(self) -> str:
        """``exact`` (virtual), ``measured`` (PMU) or ``none``."""
        return {CounterKind.VIRTUAL: "exact", CounterKind.PMU: "measured"}.get(self.counter, "none")

    @property
    def cycles_kind(self) -> str:
        """``modelled`` (virtual), ``measured`` (DWT, PMU) or ``none``."""
        kinds = {CounterKind.VIRTUAL: "modelled", CounterKind.DWT: "measured", CounterKind.PMU: "measured"}
        return kinds.get(self.counter, "none")


@dataclass(frozen=True)
class BlockInfo:
    """One gated block: name, kind (``mha``, ``ffn``, ``other``), gate threshold, MACs and weight bytes."""

    index: int
    name: str
    kind: str
    threshold: int
    macs: int
    weight_bytes: int


@dataclass(frozen=True)
class StateInfo:
    """One streaming state: its name, shape (oldest row first) and bytes, one or two an element."""

    index: int
    name: str
    shape: tuple[int, ...]
    bytes: int


@dataclass(frozen=True)
class StepBatch:
    """The outcome of n steps.

    Attributes:
        gates: bool [n, B], executed blocks.
        tokens: int16 [n], token emitted at the step or −1.
        instructions: uint32 [n], of the model.
        cycles: uint32 [n], of the model.
        logits: int8 or int16 [n, V], or [n, 0] when they were not asked for.
        features: int8 [n, F] computed by the board's front end (``step_pcm``, on request), else ``None``.
        front_end_instructions: uint32 [n] (``step_pcm``), else ``None``.
        front_end_cycles: uint32 [n] (``step_pcm``), else ``None``.
        npu_jobs: uint16 [n], jobs that the step started, on request, else ``None``.
        npu_cycles: uint32 [n], cycles of the NPU in the step, on request, else ``None``.
    """

    gates: NDArray[np.bool_]
    tokens: NDArray[np.int16]
    instructions: NDArray[np.uint32]
    cycles: NDArray[np.uint32]
    logits: NDArray[np.signedinteger[Any]]
    features: NDArray[np.int8] | None = None
    front_end_instructions: NDArray[np.uint32] | None = None
    front_end_cycles: NDArray[np.uint32] | None = None
    npu_jobs: NDArray[np.uint16] | None = None
    npu_cycles: NDArray[np.uint32] | None = None

    def __len__(self) -> int:
        """Number of steps."""
        return len(self.tokens)

    @staticmethod
    def join(parts: Sequence[StepBatch]) -> StepBatch:
        """One batch after the other (at least one)."""

        def joined(name: str) -> NDArray[np.generic] | None:
            arrays = [getattr(part, name) for part in parts]
            return None if arrays[0] is None else np.concatenate(arrays)

        return StepBatch(**{name: joined(name) for name in StepBatch.__dataclass_fields__})  # type: ignore[arg-type]


@dataclass(frozen=True)
class Profile:
    """Sums on the board since start or since they were cleared; arrays are [B], one entry a block.

    ``before`` and ``after`` are the parts of a step before and behind the blocks; ``instructions`` is the
    whole model, so what the blocks and the two parts leave is dispatch.
    """

    steps: int
    instructions: int
    cycles: int
    front_end_instructions: int
    front_end_cycles: int
    before_instructions: int
    before_cycles: int
    after_instructions: int
    after_cycles: int
    runs: NDArray[np.uint32]
    skips: NDArray[np.uint32]
    block_instructions: NDArray[np.uint64]
    block_cycles: NDArray[np.uint64]

    def fixed_parts(self) -> dict[str, tuple[int, int]]:
        """(instructions, cycles) of what every step runs: ``before``, ``after``, the rest ``dispatch``."""
        blocks = (int(self.block_instructions.sum()), int(self.block_cycles.sum()))
        before = (self.before_instructions, self.before_cycles)
        after = (self.after_instructions, self.after_cycles)
        dispatch = (
            self.instructions - blocks[0] - before[0] - after[0],
            self.cycles - blocks[1] - before[1] - after[1],
        )
        return {"before": before, "after": after, "dispatch": dispatch}


@dataclass(frozen=True)
class NpuProfile:
    """What the NPU did in the steps of a :class:`Profile`; arrays are [B], one entry a block.

    ``cycles`` count from the start of a job to its end: modelled on a virtual board (a lower bound), measured
    on hardware. Jobs outside of blocks belong to the part before or after them.
    """

    steps: int
    jobs: int
    cycles: int
    before_jobs: int
    before_cycles: int
    after_jobs: int
    after_cycles: int
    block_jobs: NDArray[np.uint32]
    block_cycles: NDArray[np.uint64]


@dataclass(frozen=True)
class IntentReading:
    """The command that the board's grammar recognised since the last reset.

    Attributes:
        intent: its name, or None where the utterance is no command.
        slots: slot → value, those that were said.
        score: of the best path, in logit steps relative to the best token of every step.
        steps: steps since the reset.
        instructions, cycles: of the decoder, all these steps together; kinds as in :class:`DeviceInfo`.
    """

    intent: str | None
    slots: Mapping[str, str]
    score: int
    steps: int
    instructions: int
    cycles: int


def pack_gates(gates: NDArray[np.bool_]) -> NDArray[np.uint8]:
    """bool [..., B] → uint8 [..., ceil(B / 8)]; block i is bit i % 8 of byte i / 8."""
    return np.packbits(np.asarray(gates, dtype=bool), axis=-1, bitorder="little")


def unpack_gates(packed: NDArray[np.uint8], block_count: int) -> NDArray[np.bool_]:
    """Inverse of :func:`pack_gates`: uint8 [..., bytes] → bool [..., B]."""
    return np.unpackbits(packed, axis=-1, count=block_count, bitorder="little").astype(bool)

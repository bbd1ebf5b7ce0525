"""The schema of ``run.json``: what a run was, what was measured, and of which kind each figure is.

Units stand in the field names. Figures per step are means over the steps of the pass. Instructions on a
virtual board are exact; cycles are ``modelled`` there and ``measured`` on hardware; energy is computed from
cycles and the board's coefficients and is never better than ``estimated`` unless the board file says so.
"""

from __future__ import annotations

from typing import Final, Literal

from pydantic import BaseModel, ConfigDict, Field

SCHEMA_VERSION: Final = 1
FRONT_END: Final = "log-mel front end"
"""Name of the front end's row in ``BoardRecord.blocks``."""

GateSource = Literal["arbitrator", "all", "none"]
Kind = Literal["exact", "measured", "modelled", "estimated", "datasheet", "none"]
Verdict = Literal["valid", "degraded", "invalid"]


class Facts(BaseModel):
    """Base of all records: immutable, unknown keys refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class BlockFacts(Facts):
    """One gated block of the model."""

    index: int = Field(ge=0)
    name: str
    kind: str
    macs: int = Field(ge=0)
    weight_bytes: int = Field(ge=0)
    threshold: int


class ModelFacts(Facts):
    """The model file and what it is made of."""

    name: str
    sha256: str
    file_bytes: int = Field(ge=0)
    weight_bytes: int = Field(ge=0)
    feature_count: int = Field(gt=0)
    frames_per_step: int = Field(gt=0)
    logit_count: int = Field(gt=0)
    tokens: tuple[str, ...]
    blocks: tuple[BlockFacts, ...]
    fixed_macs: int = Field(ge=0)
    fixed_block_macs: int = Field(default=0, ge=0)
    idle_reset: int = Field(default=0, ge=0)
    idle_blocks: int = Field(default=0, ge=0)
    arbitrator_macs: int = Field(ge=0)


class UtteranceRecord(Facts):
    """One clip. Its steps are rows ``first_step … first_step + steps − 1`` of the frames table."""

    identifier: str
    audio: str
    sha256: str
    seconds: float = Field(ge=0)
    first_step: int = Field(ge=0)
    steps: int = Field(ge=0)
    reference: str | None
    text: str


class EnergyFacts(Facts):
    """Coefficients of the energy model, as the board file states them."""

    active_nj_per_cycle: float = Field(ge=0)
    idle_mw: float = Field(ge=0)
    voltage: float
    clock_hz: int = Field(gt=0)
    source: str
    kind: Kind


class PassRecord(Facts):
    """All clips streamed once with one gate source, every step compared with stock TFLM."""

    gates: GateSource
    steps: int = Field(ge=0)
    instructions_per_step: float = Field(ge=0)
    cycles_per_step: float = Field(ge=0)
    energy_uj_per_step: float = Field(ge=0)
    compute_fraction: float = Field(ge=0)
    byte_equal_steps: int = Field(ge=0)
    mismatches: int = Field(ge=0)


class BlockCost(Facts):
    """Cost of one block in the gated pass, mean of an executed run; ``share`` is of all instructions.

    Rows after the blocks are what every step runs, the front end included if the board computed features.
    """

    index: int = Field(ge=0)
    name: str
    runs: int = Field(ge=0)
    skips: int = Field(ge=0)
    instructions: float = Field(ge=0)
    cycles: float = Field(ge=0)
    energy_uj: float = Field(ge=0)
    share: float = Field(ge=0)


class NpuPartRecord(Facts):
    """Jobs of one block, or of every step, in one run: from the pass with all blocks on.

    ``cycles`` are the counter's, ``estimated_cycles`` Vela's; ``flash_bytes`` are weights and commands read.
    """

    name: str
    jobs: float = Field(ge=0)
    cycles: float = Field(ge=0)
    estimated_cycles: int = Field(ge=0)
    flash_bytes: int = Field(ge=0)


class NpuPassRecord(Facts):
    """The NPU in one pass; ``flash_bytes_per_step`` follows from the blocks that ran."""

    gates: GateSource
    jobs_per_step: float = Field(ge=0)
    cycles_per_step: float = Field(ge=0)
    flash_bytes_per_step: float = Field(ge=0)


class NpuRecord(Facts):
    """What an NPU did on a board. Its cycles are not in the board's, whose CPU sleeps meanwhile."""

    accelerator: str
    cycles_kind: Kind
    estimate: str
    blocks: tuple[NpuPartRecord, ...]
    every_step: NpuPartRecord
    passes: tuple[NpuPassRecord, ...]

    def of(self, gates: GateSource) -> NpuPassRecord:
        """The pass with this gate source."""
        return next(record for record in self.passes if record.gates == gates)


class BoardRecord(Facts):
    """What one board did. Costs of a pass are the model's; the front end is a row of ``blocks``."""

    name: str
    title: str
    core: str
    clock_hz: int = Field(gt=0)
    virtual: bool
    firmware_sha256: str
    flash_bytes: int = Field(ge=0)
    ram_bytes: int = Field(ge=0)
    arena_bytes: int = Field(ge=0)
    state_bytes: int = Field(ge=0)
    stack_used: int = Field(ge=0)
    instructions_kind: Kind
    cycles_kind: Kind
    cycles_source: str
    energy: EnergyFacts
    passes: tuple[PassRecord, ...]
    blocks: tuple[BlockCost, ...]
    npu: NpuRecord | None = None

    def of(self, gates: GateSource) -> PassRecord:
        """The pass with this gate source."""
        return next(record for record in self.passes if record.gates == gates)

    @property
    def compared_steps(self) -> int:
        """Steps, over all passes, that were compared with TFLM."""
        return sum(record.steps for record in self.passes)

    @property
    def mismatches(self) -> int:
        """Steps, over all passes, whose logits or gate bits differ from TFLM's."""
        return sum(record.mismatches for record in self.passes)


class RunRecord(Facts):
    """The whole run: root of ``run.json``."""

    schema_version: Literal[1] = SCHEMA_VERSION
    skipstone_version: str
    created: str
    verdict: Verdict
    remarks: tuple[str, ...] = ()
    step_seconds: float = Field(gt=0)
    word_error_rate: float | None
    model: ModelFacts
    utterances: tuple[UtteranceRecord, ...]
    boards: tuple[BoardRecord, ...]

"""Costs of the loss from the board: what ``skipstone profile --json`` measured, in place of MACs."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import BaseModel, Field, ValidationError
from skipstone.quantize.errors import SkipstoneError
from skipstone.quantize.models.config import ModelConfig
from skipstone.quantize.models.costs import NetworkCosts

Measure = Literal["instructions", "cycles"]
_AGAIN = "skipstone profile --gates all --board BOARD CLIPS --json FILE, with a model of this [model] table"


class ProfileError(SkipstoneError):
    """A profile cannot be read, or it is not of this network."""


class _Part(BaseModel):
    name: str
    runs: int = Field(ge=0)
    macs: int = Field(ge=0)
    instructions: float = Field(ge=0, allow_inf_nan=False)
    cycles: float = Field(ge=0, allow_inf_nan=False)


class _Profile(BaseModel):
    version: Literal[1]
    board: str
    instructions_kind: str
    cycles_kind: str
    blocks: tuple[_Part, ...]
    fixed: tuple[_Part, ...]


def profile_costs(path: Path, config: ModelConfig, measure: Measure) -> NetworkCosts:
    """Costs of a network of architecture ``config`` as a profile shows them, by block name.

    The mean cost of an executed block is measured. The board does not part the arbitrators from the
    projection and the convolution before the blocks: that sum is shared out by MACs (estimated).
    ``dispatch``, the rest of a step, is counted with the arbitrators, since it is what gating costs.

    Args:
        path: JSON file of ``skipstone profile``.
        measure: ``instructions``, or ``cycles`` (modelled or measured, as the profile says).

    Raises:
        ProfileError: unreadable, of other blocks or other sizes, a block never ran, or the board does not
            count ``measure``.
    """
    profile = _read(path)
    kind = profile.instructions_kind if measure == "instructions" else profile.cycles_kind
    if kind == "none":
        raise ProfileError(f"{path}: board {profile.board} counts no {measure}", "choose the other measure")
    macs = NetworkCosts.of(config)
    blocks = {part.name: part for part in profile.blocks}
    problems = _problems(blocks, dict(zip(config.block_names, macs.blocks, strict=True)))
    if problems:
        raise ProfileError(f"{path} is not a profile of this network: {'; '.join(problems)}", _AGAIN)
    fixed = {part.name: getattr(part, measure) for part in profile.fixed}
    missing = {"before", "after", "dispatch"} - set(fixed)
    if missing:
        raise ProfileError(f"{path} has no cost of {', '.join(sorted(missing))}", _AGAIN)
    front = config.d_model * (config.feature_count + config.conv_taps)
    per_mac = fixed["before"] / (front + macs.arbitrators + macs.fixed_blocks)
    fixed_blocks = round(per_mac * macs.fixed_blocks)
    return NetworkCosts(
        blocks=tuple(round(getattr(blocks[name], measure)) for name in config.block_names),
        arbitrators=round(per_mac * macs.arbitrators + fixed["dispatch"]),
        fixed=round(per_mac * front + fixed["after"]) + fixed_blocks,
        fixed_blocks=fixed_blocks,
    )


def _read(path: Path) -> _Profile:
    try:
        return _Profile.model_validate_json(path.read_bytes())
    except OSError as error:
        raise ProfileError(f"cannot read profile {path}: {error.strerror}", _AGAIN) from error
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"])) or "profile"
        raise ProfileError(f"{path} is no profile ({where}: {first['msg']})", _AGAIN) from error


def _problems(blocks: dict[str, _Part], macs: dict[str, int]) -> list[str]:
    problems = [f"no block {name}" for name in macs if name not in blocks]
    problems += [f"unknown block {name}" for name in blocks if name not in macs]
    for name, part in blocks.items():
        if name in macs and part.macs != macs[name]:
            problems.append(f"{name} has {part.macs} MACs, not {macs[name]}")
        elif name in macs and part.runs == 0:
            problems.append(f"{name} never ran")
    return problems

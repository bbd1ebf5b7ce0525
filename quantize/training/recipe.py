"""Training recipes: a TOML file that says everything a training run depends on."""

from __future__ import annotations

import hashlib
import os
import re
import tomllib
from pathlib import Path
from typing import Any

from pydantic import Field, ValidationError, model_validator
from skipstone.quantize.errors import SkipstoneError
from skipstone.quantize.losses.profile_costs import Measure
from skipstone.quantize.training.data_recipe import DataRecipe, RecipeTable
from skipstone.quantize.training.stage_recipe import STAGE_ORDER, Augmentation, Stage

__all__ = ["Augmentation", "Costs", "Initial", "Recipe", "RecipeError", "Stage", "expand_path", "read_recipe"]


class RecipeError(SkipstoneError):
    """A recipe cannot be read, or a value in it is wrong."""


class Initial(RecipeTable):
    """Where the weights of the first stage come from, instead of from chance.

    Attributes:
        checkpoint: a checkpoint folder of the same ``[model]`` and features; its tokens may differ: rows of
            the head are matched by token, new tokens start from chance.
    """

    checkpoint: str


class Costs(RecipeTable):
    """What the loss counts instead of MACs (see :mod:`skipstone.quantize.losses.profile_costs`).

    Attributes:
        profile: JSON file of ``skipstone profile``.
        measure: ``instructions`` or ``cycles``.
    """

    profile: str
    measure: Measure = "instructions"


class Recipe(RecipeTable):
    """A whole training run.

    Attributes:
        seed: of everything random.
        threads: of the CPU, per process.
        save_minutes: the resumable state is written after each epoch, and when this long has passed.
        calibration_utterances: from which stage ``qat`` takes its first activation scales.
        features, model: deviations from the defaults of
            :class:`~skipstone.quantize.features.settings.FeatureSettings` and
            :class:`~skipstone.quantize.models.config.ModelConfig`.
    """

    seed: int = Field(default=1, ge=0)
    threads: int = Field(default=2, ge=1)
    save_minutes: float = Field(default=10.0, ge=0)
    calibration_utterances: int = Field(default=64, ge=1)
    data: DataRecipe
    initial: Initial | None = None
    costs: Costs | None = None
    features: dict[str, Any] = Field(default_factory=dict)
    model: dict[str, Any] = Field(default_factory=dict)
    stages: tuple[Stage, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _stages_in_order(self) -> Recipe:
        places = [STAGE_ORDER.index(stage.name) for stage in self.stages]
        if places != sorted(set(places)):
            raise ValueError(f"stages must be some of {', '.join(STAGE_ORDER)}, once each, in this order")
        return self

    @model_validator(mode="after")
    def _noise_is_used(self) -> Recipe:
        wanted = any(stage.mixes_noise for stage in self.stages)
        if wanted and not self.data.noise:
            raise ValueError("a stage mixes in noise, but [data] names no noise manifest")
        if self.data.noise and not wanted:
            raise ValueError(
                "[data] noise is given, but no stage sets augmentation.noise (a probability) or is arbitrator"
            )
        return self

    def with_costs(self, profile: str) -> Recipe:
        """The same recipe with the costs of ``profile``, in the measure that it names (or instructions)."""
        measure = "instructions" if self.costs is None else self.costs.measure
        return self.model_copy(update={"costs": Costs(profile=profile, measure=measure)})

    def stage_digest(self, index: int) -> str:
        """SHA-256 of all that stage ``index`` depends on: later stages may change, formatting, keys that
        have their default and keys without influence on the result do not count. (Of the initial checkpoint
        and the costs the contents count: :class:`~skipstone.quantize.training.run.TrainingRun` adds them.)"""
        until = self.model_copy(update={"stages": self.stages[: index + 1]})
        text = until.model_dump_json(
            exclude={"threads", "save_minutes", "initial", "costs"}, exclude_defaults=True
        )
        return hashlib.sha256(text.encode()).hexdigest()


def read_recipe(path: Path) -> Recipe:
    """Read a recipe; every wrong key is named at once.

    Raises:
        RecipeError: unreadable, not TOML, or wrong values.
    """
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
        return Recipe.model_validate(table)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise RecipeError(
            f"cannot read recipe {path}: {error}", "see recipes/commands.toml for an example"
        ) from error
    except ValidationError as error:
        wrong = "; ".join(f"{'.'.join(map(str, e['loc'])) or 'recipe'}: {e['msg']}" for e in error.errors())
        raise RecipeError(f"recipe {path}: {wrong}", "see recipes/commands.toml for an example") from error


def expand_path(text: str) -> Path:
    """Replace ``${NAME}`` by the environment's value.

    Raises:
        RecipeError: the variable is not set.
    """

    def value(match: re.Match[str]) -> str:
        name = match.group(1)
        if name not in os.environ:
            raise RecipeError(
                f"the recipe needs the environment variable {name}", f"export {name}=… (the data's folder)"
            )
        return os.environ[name]

    return Path(re.sub(r"\$\{(\w+)\}", value, text))

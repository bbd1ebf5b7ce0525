"""Training recipes: a TOML file that says everything a training run depends on."""

from __future__ import annotations

import hashlib
import os
import re
import tomllib
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from skipstone.quantize.errors import SkipstoneError
from skipstone.quantize.features.log_mel import TAIL_STEPS

StageName = Literal["dense", "gated", "qat"]
STAGE_ORDER: tuple[StageName, ...] = ("dense", "gated", "qat")


class RecipeError(SkipstoneError):
    """A recipe cannot be read, or a value in it is wrong."""


class _Table(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class DataRecipe(_Table):
    """Corpora. Paths may use ``${NAME}`` of the environment; relative ones start at the working folder.

    Attributes:
        train: manifests to train on.
        dev: manifests to evaluate on after each epoch, by name; the first one counts as *the* word
        error rate.
        tail_steps: steps of silence after each utterance.
        cache: folder of computed features.
    """

    train: tuple[str, ...] = Field(min_length=1)
    dev: dict[str, str] = Field(min_length=1)
    tail_steps: int = Field(default=TAIL_STEPS, ge=0)
    cache: str = "build/cache"


class Augmentation(_Table):
    """Random changes of training features (frames, bins and int8 units of an eighth of an octave).

    Attributes:
        ramp: share of the stage over which the share of augmented utterances grows to one (0: all from
        the start);
            unchanged utterances first let CTC find its alignments.
        gain: a constant between ± this is added to all features.
        lead: up to this many frames of digital silence come before the utterance.
        time_warp, frequency_warp: largest relative stretch of the time and of the bin axis.
        noise_floor: with probability one half a noise floor is mixed in, 0.6 to 1 times this many
        units below the
            loudest feature (0: none).
        time_masks, time_mask_frames, frequency_masks, frequency_mask_bins: SpecAugment (Park et al. 2019).
    """

    ramp: float = Field(default=0.0, ge=0, le=1)
    gain: int = Field(default=20, ge=0)
    lead: int = Field(default=16, ge=0)
    time_warp: float = Field(default=0.1, ge=0, lt=1)
    frequency_warp: float = Field(default=0.08, ge=0, lt=1)
    noise_floor: int = Field(default=130, ge=0)
    time_masks: int = Field(default=2, ge=0)
    time_mask_frames: int = Field(default=15, ge=1)
    frequency_masks: int = Field(default=2, ge=0)
    frequency_mask_bins: int = Field(default=7, ge=1)


class Stage(_Table):
    """One stage of training.

    Attributes:
        learning_rate: peak of the one-cycle schedule; ``warm_up`` is the share of the stage before the peak.
        curriculum: share of the stage during which only the shortest utterances are trained on; their share
            grows from ``curriculum_start`` to one ("SortaGrad", Amodei et al. 2016, section 3.2: short
            utterances are aligned first). 0: all utterances from the start.
        temperature: of the gates' sigmoid, at the start and at the end of the stage.
        cost_weight, cost_target, cost_start, cost_ramp: see
        :class:`skipstone.quantize.losses.cost.CostSchedule`.
        gate_noise: sample gates with logistic noise.
        scale_learning_rate: factor on the learning rate of the activation scales (qat).
    """

    name: StageName
    epochs: int = Field(ge=0)
    learning_rate: float = Field(gt=0)
    warm_up: float = Field(default=0.2, ge=0, lt=1)
    batch: int = Field(default=16, ge=1)
    weight_decay: float = Field(default=1e-2, ge=0)
    dropout: float = Field(default=0.1, ge=0, lt=1)
    curriculum: float = Field(default=0.0, ge=0, le=1)
    curriculum_start: float = Field(default=0.2, gt=0, le=1)
    gradient_clip: float = Field(default=5.0, gt=0)
    temperature: tuple[float, float] = (1.0, 1.0)
    gate_noise: bool = True
    cost_weight: float = Field(default=0.0, ge=0)
    cost_target: float = Field(default=1.0, gt=0, le=1)
    cost_start: float = Field(default=1.0, gt=0, le=1)
    cost_ramp: float = Field(default=0.5, ge=0, le=1)
    scale_learning_rate: float = Field(default=1.0, gt=0)
    augmentation: Augmentation = Augmentation()


class Recipe(_Table):
    """A whole training run."""

    seed: int = 1
    threads: int = Field(default=2, ge=1)
    calibration_utterances: int = Field(default=64, ge=1)
    data: DataRecipe
    features: dict[str, Any] = {}
    model: dict[str, Any] = {}
    stages: tuple[Stage, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _stages_in_order(self) -> Recipe:
        places = [STAGE_ORDER.index(stage.name) for stage in self.stages]
        if places != sorted(set(places)):
            raise ValueError(f"stages must be some of {', '.join(STAGE_ORDER)}, once each, in this order")
        return self

    def stage_digest(self, index: int) -> str:
        """SHA-256 of all that stage ``index`` depends on: later stages may change, formatting does not
        count."""
        until = self.model_copy(update={"stages": self.stages[: index + 1]})
        return hashlib.sha256(until.model_dump_json(exclude={"threads"}).encode()).hexdigest()


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

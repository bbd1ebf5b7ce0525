"""A small recipe on tone corpora, and a progress display that shows nothing."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from skipstone.quantize.training.recipe import Recipe

MODEL = {"d_model": 24, "layers": 1, "heads": 1, "head_dim": 16, "positions": 16, "ffn": 32, "conv_taps": 5}


class Silent:
    """No progress display; keeps the notes, and can stop a run when a task begins."""

    def __init__(self, stop_in: str | None = None) -> None:
        self.stop_in = stop_in
        self.notes: list[str] = []

    def task(self, description: str, total: int) -> Callable[[], None]:
        if self.stop_in is not None and description.startswith(self.stop_in):
            raise KeyboardInterrupt
        return lambda: None

    def note(self, line: str) -> None:
        self.notes.append(line)


def tone_recipe(folder: Path, stages: dict[str, dict[str, Any]] | None = None, **keys: Any) -> Recipe:
    """Dense, gated and qat on the tones in ``folder``; ``stages`` changes keys of stages by name (and with it
    only these run), ``keys`` those of the recipe."""
    augmentation = {"time_masks": 0, "frequency_masks": 0}
    defaults: dict[str, dict[str, Any]] = {
        "dense": {"epochs": 2, "learning_rate": 4e-3, "curriculum": 0.5},
        "gated": {"epochs": 2, "learning_rate": 2e-3, "cost_weight": 4.0, "cost_target": 0.6},
        "qat": {"epochs": 1, "learning_rate": 1e-4, "gate_noise": 0.0, "dropout": 0.0},
        "arbitrator": {"epochs": 1, "learning_rate": 1e-2, "noise": {"share": 0.5}},
    }
    wanted = tuple(defaults)[:3] if stages is None else stages
    tables = [
        {
            "name": name,
            "batch": 8,
            "augmentation": augmentation,
            **defaults[name],
            **(stages or {}).get(name, {}),
        }
        for name in wanted
    ]
    data = {
        "train": [str(folder / "train" / "manifest.jsonl")],
        "dev": {"tones": str(folder / "dev" / "manifest.jsonl")},
        "cache": str(folder / "cache"),
    }
    recipe = {"threads": 1, "data": data, "model": MODEL, "stages": tables, "calibration_utterances": 16}
    return Recipe.model_validate({**recipe, **keys})


def recipe_toml(recipe: Recipe) -> str:
    """The recipe as a file."""
    import tomli_w

    return tomli_w.dumps(recipe.model_dump(mode="json", exclude_none=True))

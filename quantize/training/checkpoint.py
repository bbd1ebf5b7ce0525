"""The checkpoint folder: ``weights.safetensors`` and ``model.toml``."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from skipstone.quantize.convert.checkpoint import write_checkpoint_files
from skipstone.quantize.corpora.tokens import TokenList
from skipstone.quantize.errors import SkipstoneError
from skipstone.quantize.features.settings import FeatureSettings
from skipstone.quantize.models.config import ModelConfig
from torch import Tensor


class CheckpointError(SkipstoneError):
    """A checkpoint folder is missing, incomplete or of another model."""


@dataclass(frozen=True)
class Checkpoint:
    """A trained network.

    Attributes:
        weights: float32 tensors by name (``docs/reference/interfaces.md``, section 3).
        training: ``stage``, ``recipe`` (digest) and ``metrics``.
    """

    config: ModelConfig
    features: FeatureSettings
    tokens: TokenList
    weights: Mapping[str, Tensor]
    training: Mapping[str, Any]


def write_checkpoint(path: Path, checkpoint: Checkpoint) -> None:
    """Write ``path`` atomically (an older checkpoint there is replaced)."""
    tables = {
        "model": checkpoint.config.as_dict(),
        "features": checkpoint.features.as_dict(),
        "tokens": checkpoint.tokens.as_dict(checkpoint.config.head),
        "training": dict(checkpoint.training),
    }
    weights = {
        name: tensor.detach().cpu().float().contiguous().numpy()
        for name, tensor in checkpoint.weights.items()
    }
    write_checkpoint_files(path, tables, weights)


def read_checkpoint(path: Path) -> Checkpoint:
    """Read a checkpoint of any stage.

    Raises:
        CheckpointError: a file is missing or unreadable.
        ModelConfigError, FeatureError, TokenError: a table of ``model.toml`` is wrong.
    """
    try:
        tables = tomllib.loads((path / "model.toml").read_text(encoding="utf-8"))
        weights = load_file(path / "weights.safetensors")
        return Checkpoint(
            config=ModelConfig.from_dict(tables["model"]),
            features=FeatureSettings.from_dict(tables["features"]),
            tokens=TokenList(tuple(tables["tokens"]["tokens"])),
            weights=weights,
            training=tables["training"],
        )
    except (OSError, SafetensorError, tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise CheckpointError(f"cannot read checkpoint {path}: {error}", "train or copy it again") from error
    except KeyError as error:
        raise CheckpointError(f"{path}/model.toml has no {error}", "train the checkpoint again") from error


def load_weights(module: torch.nn.Module, weights: Mapping[str, Tensor], what: str) -> None:
    """Copy ``weights`` into ``module``; every missing, extra or misshaped tensor is named.

    Raises:
        CheckpointError: the weights are of another network.
    """
    own = module.state_dict()
    wrong = [f"no {name}" for name in own if name not in weights]
    wrong += [f"unknown {name}" for name in weights if name not in own]
    wrong += [
        f"{name} is {list(weights[name].shape)}, not {list(own[name].shape)}"
        for name in own
        if name in weights and weights[name].shape != own[name].shape
    ]
    if wrong:
        raise CheckpointError(
            f"{what}: {'; '.join(wrong)}", "use a checkpoint of the same [model] table and stage"
        )
    module.load_state_dict(dict(weights))

"""Reading and writing of ``qat`` checkpoints with NumPy and safetensors, and all checks on their contents."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import tomli_w
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load, save
from skipstone.quantize.artefacts import write_folder
from skipstone.quantize.convert.errors import CheckpointError, ConvertError
from skipstone.quantize.convert.tensor_layout import expected_tensors, scale_names
from skipstone.quantize.features.settings import FeatureSettings
from skipstone.quantize.models.config import ModelConfig

QUANTIZED_STAGES = ("qat", "arbitrator")
"""Stages of training whose checkpoints have scales."""
_REMEDY = "write the checkpoint again with skipstone train (stage qat)"


@dataclass(frozen=True)
class Checkpoint:
    """A ``qat`` checkpoint.

    Attributes:
        config: architecture.
        features: front-end settings.
        tokens: vocabulary, the blank first.
        tensors: float32 arrays by name; a scale is a float32 scalar array.
    """

    config: ModelConfig
    features: FeatureSettings
    tokens: tuple[str, ...]
    tensors: dict[str, NDArray[np.float32]]

    def scale(self, name: str) -> float:
        """The activation scale ``<name>.scale`` (a float32 value)."""
        return float(self.tensors[f"{name}.scale"].reshape(()))


def read_checkpoint(folder: Path) -> Checkpoint:
    """Read and check a checkpoint folder.

    Raises:
        ConvertError: no such folder, unreadable files, or a stage not in :data:`QUANTIZED_STAGES`.
        CheckpointError: tensors or tables that do not fit; every problem is named.
    """
    table = _read_toml(folder / "model.toml")
    stage = table.get("training", {}).get("stage")
    if stage not in QUANTIZED_STAGES:
        raise ConvertError(
            f"{folder}: the checkpoint is of stage {stage!r}, not {' or '.join(map(repr, QUANTIZED_STAGES))}",
            "continue with skipstone train RECIPE -o RUN up to stage qat; earlier checkpoints have no scales",
        )
    missing = [name for name in ("model", "features", "tokens") if name not in table]
    if missing:
        problems = [f"model.toml has no table [{name}]" for name in missing]
        raise CheckpointError(str(folder), problems, _REMEDY)
    config = ModelConfig.from_dict(table["model"])
    features = FeatureSettings.from_dict(table["features"])
    tokens = tuple(str(token) for token in table["tokens"].get("tokens", ()))
    tensors = _read_tensors(folder / "weights.safetensors")
    problems = _table_problems(config, features, tokens, table["tokens"].get("head")) + _tensor_problems(
        config, tensors
    )
    if problems:
        raise CheckpointError(str(folder), problems, _REMEDY)
    return Checkpoint(config, features, tokens, tensors)


def write_checkpoint(folder: Path, checkpoint: Checkpoint, training: dict[str, Any]) -> None:
    """Write a checkpoint folder; ``training`` is the ``[training]`` table."""
    table = {
        "model": checkpoint.config.as_dict(),
        "features": checkpoint.features.as_dict(),
        "tokens": {"head": checkpoint.config.head, "blank": 0, "tokens": list(checkpoint.tokens)},
        "training": training,
    }
    write_checkpoint_files(folder, table, checkpoint.tensors)


def write_checkpoint_files(
    folder: Path, tables: dict[str, Any], tensors: Mapping[str, NDArray[np.float32]]
) -> None:
    """Write a checkpoint of any stage atomically: ``tables`` to model.toml, ``tensors`` to safetensors."""
    with write_folder(folder) as temporary:
        (temporary / "model.toml").write_text(tomli_w.dumps(tables), encoding="utf-8")
        (temporary / "weights.safetensors").write_bytes(save(dict(tensors)))


def _read_toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text())
    except OSError as error:
        raise ConvertError(
            f"cannot read {path}: {error.strerror}", "give the folder of a checkpoint"
        ) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConvertError(f"{path} is not TOML: {error}", _REMEDY) from error


def _read_tensors(path: Path) -> dict[str, NDArray[np.float32]]:
    try:
        return dict(load(path.read_bytes()))
    except OSError as error:
        raise ConvertError(
            f"cannot read {path}: {error.strerror}", "give the folder of a checkpoint"
        ) from error
    except (SafetensorError, ValueError, KeyError, TypeError) as error:
        raise ConvertError(f"{path} is not a safetensors file: {error}", _REMEDY) from error


def _table_problems(
    config: ModelConfig, features: FeatureSettings, tokens: tuple[str, ...], head: object
) -> list[str]:
    problems = []
    if head not in (None, config.head):
        problems.append(f"[tokens] head is {head!r}, [model] head is {config.head!r}")
    if len(tokens) != config.vocabulary:
        problems.append(f"[tokens] lists {len(tokens)} tokens, [model] vocabulary is {config.vocabulary}")
    if features.step_features != config.feature_count:
        problems.append(
            f"[features] gives {features.step_features} values a step, [model] takes {config.feature_count}"
        )
    return problems


def _tensor_problems(config: ModelConfig, tensors: dict[str, NDArray[np.float32]]) -> list[str]:
    expected = expected_tensors(config)
    problems = [f"tensor {name} is missing" for name in expected if name not in tensors]
    problems += [
        f"tensor {name} is not part of this network" for name in sorted(set(tensors) - set(expected))
    ]
    scales = set(scale_names(config))
    for name, shape in expected.items():
        if name not in tensors:
            continue
        tensor = tensors[name]
        size = tensor.size if name in scales else None
        if tensor.dtype != np.float32:
            problems.append(f"tensor {name} is {tensor.dtype}, not float32")
        elif size is not None and size != 1:
            problems.append(f"scale {name} has {size} elements, not one")
        elif size is None and tensor.shape != shape:
            problems.append(f"tensor {name} has shape {list(tensor.shape)}, not {list(shape)}")
        elif not np.isfinite(tensor).all():
            problems.append(f"tensor {name} holds values that are not finite")
        elif name in scales and tensor.item() <= 0:
            problems.append(f"scale {name} is {tensor.item():g}, not positive")
    return problems

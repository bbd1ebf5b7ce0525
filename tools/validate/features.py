"""The stream that a model is validated with: a file of features, audio, a manifest, or random bytes."""

from __future__ import annotations

from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from skipstone.quantize.features.settings import FeatureSettings
from skipstone.quantize.tflite.metadata import read_features
from skipstone.quantize.tflite.model import Model
from skipstone.tools.run.clips import read_clips
from skipstone.tools.validate.errors import ValidateError

AUDIO_REMEDY = (
    "pass features of the model's type as a .npy file [steps, features], or leave --data out for random ones"
)


Features: TypeAlias = NDArray[np.signedinteger[Any]]
"""[steps, width] of int8 (uint8 reinterpreted) or int16."""


def random_features(steps: int, width: int, dtype: np.dtype[Any], seed: int = 0) -> Features:
    """Over the range of ``dtype``: a third each of full-range noise, of extremes, and of a slow walk."""
    rng = np.random.default_rng(seed)
    low, high = np.iinfo(dtype).min, np.iinfo(dtype).max
    noise = rng.integers(low, high + 1, (steps, width))
    rails = rng.choice(np.array([low, low + 1, 0, high]), (steps, width))
    walk = np.clip(np.cumsum(rng.normal(0, high / 21, (steps, width)), axis=0), low, high)
    kind = (np.arange(steps) * 3 // max(steps, 1))[:, None]
    return np.where(kind == 0, walk, np.where(kind == 1, noise, rails)).astype(dtype)


def read_stream(path: Path, model: Model, width: int, dtype: np.dtype[Any], steps: int) -> Features:
    """At most ``steps`` steps of features [n, width] from a file.

    Args:
        path: ``.npy`` (the model's type, the first axis is the step), audio, or a manifest (``.jsonl``).
        model: for the settings of its front end, which audio needs.
        width: features of a step.
        dtype: int8 (uint8 is reinterpreted) or int16.
        steps: the most to take.

    Raises:
        ValidateError: the file does not fit the model.
        SkipstoneError: audio or a manifest cannot be read.
    """
    rows = _read_array(path) if path.suffix == ".npy" else _audio_features(path, model)
    if rows.dtype != dtype:
        raise ValidateError(f"{path}: {rows.dtype} features; the model takes {dtype.name}", AUDIO_REMEDY)
    if rows.ndim < 2 or not len(rows) or rows[0].size != width:
        raise ValidateError(
            f"{path}: features of shape {list(rows.shape)}; the model takes {width} a step", AUDIO_REMEDY
        )
    return rows.reshape(len(rows), width)[:steps]


def _read_array(path: Path) -> Features:
    try:
        values = np.load(path, allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise ValidateError(f"{path} cannot be read: {error}", AUDIO_REMEDY) from error
    if values.dtype not in (np.int8, np.uint8, np.int16):
        raise ValidateError(
            f"{path}: {values.dtype} features", "quantize them to the type of the model's input"
        )
    return np.ascontiguousarray(values).view(np.int16 if values.dtype == np.int16 else np.int8)


def _audio_features(path: Path, model: Model) -> Features:
    table = read_features(model)
    if table is None:
        raise ValidateError(f"the model does not say how {path} becomes features", AUDIO_REMEDY)
    settings = FeatureSettings.from_dict(table)
    return np.concatenate([clip.features for clip in read_clips([path], settings)])

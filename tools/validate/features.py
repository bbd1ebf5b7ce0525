"""The stream that a model is validated with: a file of features, audio, a manifest, or random bytes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from skipstone.quantize.features.settings import FeatureSettings
from skipstone.quantize.tflite.metadata import read_features
from skipstone.quantize.tflite.model import Model
from skipstone.tools.run.clips import read_clips
from skipstone.tools.validate.errors import ValidateError

AUDIO_REMEDY = "pass features as a .npy file: int8 [steps, features], or leave --data out for random features"


def random_features(steps: int, width: int, seed: int = 0) -> NDArray[np.int8]:
    """int8 [steps, width]: a third each of full-range noise, of extremes, and of a slow walk."""
    rng = np.random.default_rng(seed)
    noise = rng.integers(-128, 128, (steps, width)).astype(np.int8)
    rails = rng.choice(np.array([-128, -127, 0, 127], np.int8), (steps, width))
    walk = np.clip(np.cumsum(rng.normal(0, 6, (steps, width)), axis=0), -128, 127).astype(np.int8)
    kind = (np.arange(steps) * 3 // max(steps, 1))[:, None]
    return np.where(kind == 0, walk, np.where(kind == 1, noise, rails)).astype(np.int8)


def read_stream(path: Path, model: Model, width: int, steps: int) -> NDArray[np.int8]:
    """At most ``steps`` steps of features int8 [n, width] from a file.

    Args:
        path: ``.npy`` (int8 or uint8, the first axis is the step), audio, or a manifest (``.jsonl``).
        model: for the settings of its front end, which audio needs.
        width: features of a step.
        steps: the most to take.

    Raises:
        ValidateError: the file does not fit the model.
        SkipstoneError: audio or a manifest cannot be read.
    """
    rows = _read_array(path) if path.suffix == ".npy" else _audio_features(path, model)
    if rows.ndim < 2 or not len(rows) or rows[0].size != width:
        raise ValidateError(
            f"{path}: features of shape {list(rows.shape)}; the model takes {width} a step", AUDIO_REMEDY
        )
    return rows.reshape(len(rows), width)[:steps]


def _read_array(path: Path) -> NDArray[np.int8]:
    try:
        values = np.load(path, allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise ValidateError(f"{path} cannot be read: {error}", AUDIO_REMEDY) from error
    if values.dtype not in (np.int8, np.uint8):
        raise ValidateError(f"{path}: {values.dtype} features", "quantize them to the model's int8 or uint8")
    return np.ascontiguousarray(values).view(np.int8)


def _audio_features(path: Path, model: Model) -> NDArray[np.int8]:
    table = read_features(model)
    if table is None:
        raise ValidateError(f"the model does not say how {path} becomes features", AUDIO_REMEDY)
    settings = FeatureSettings.from_dict(table)
    return np.concatenate([clip.features for clip in read_clips([path], settings)])

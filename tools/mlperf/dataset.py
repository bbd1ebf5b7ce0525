"""Inputs of the benchmark: a folder of raw files with the runner's truth file, or random bytes."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from skipstone.tools.mlperf.errors import MlperfError
from skipstone.tools.mlperf.firmware import BenchmarkModel

TRUTH_FILE = "y_labels.csv"
"""Rows ``file, classes, class`` without a heading, as in the datasets of the benchmark's runner."""


@dataclass(frozen=True)
class Sample:
    """One input; ``label`` is its class, ``None`` where it is not known."""

    name: str
    data: bytes
    label: int | None = None


def random_samples(model: BenchmarkModel, count: int, seed: int = 0) -> list[Sample]:
    """``count`` inputs of random bytes, of 1 to ``most_steps`` steps; the first is the longest."""
    rng = np.random.default_rng(seed)
    lengths = [model.most_steps, *rng.integers(1, model.most_steps + 1, max(count - 1, 0))]
    return [Sample(f"random {i}", rng.bytes(int(n) * model.width)) for i, n in enumerate(lengths[:count])]


def read_samples(path: Path, model: BenchmarkModel) -> list[Sample]:
    """Read one raw file, or a folder: the files that its ``y_labels.csv`` names, in order, else ``*.bin``.

    Raises:
        MlperfError: nothing is there, a file is no whole number of steps or too long, or the truth file is
            damaged.
    """
    if path.is_file():
        return [_sample(path, path.name, None, model)]
    if not path.is_dir():
        raise MlperfError(
            f"there is no {path}", "pass a file of quantized features, or a folder of such files"
        )
    truth = path / TRUTH_FILE
    if truth.is_file():
        named = _read_truth(truth, model.results)
    else:
        named = [(file.name, None) for file in sorted(path.glob("*.bin"))]
    if not named:
        raise MlperfError(
            f"{path} holds no inputs", f"put *.bin files there, or a {TRUTH_FILE} that names them"
        )
    return [_sample(path / name, name, label, model) for name, label in named]


def _read_truth(path: Path, classes: int) -> list[tuple[str, int | None]]:
    rows: list[tuple[str, int | None]] = []
    remedy = "each row is: file, number of classes, class"
    try:
        with path.open(newline="", encoding="utf-8") as file:
            for row in csv.reader(file, strict=True):
                if not row:
                    continue
                name, _, label = (column.strip() for column in row[:3])
                if not 0 <= int(label) < classes:
                    raise MlperfError(
                        f"{path}: '{name}' is of class {label}, the model knows {classes}", remedy
                    )
                rows.append((name, int(label)))
    except (ValueError, csv.Error, OSError) as error:
        raise MlperfError(f"{path}, row {len(rows) + 1}: {error}", remedy) from error
    return rows


def _sample(path: Path, name: str, label: int | None, model: BenchmarkModel) -> Sample:
    try:
        data = path.read_bytes()
    except OSError as error:
        raise MlperfError(f"cannot read {path}: {error.strerror}", "check the file") from error
    steps, rest = divmod(len(data), model.width)
    if rest or not steps:
        raise MlperfError(
            f"{path}: {len(data)} bytes are no whole number of steps of {model.width}",
            "use features quantized for this model, one byte a value",
        )
    if steps > model.most_steps:
        remedy = f"pass --steps {steps}" if model.most_steps > 1 else "use inputs of one step"
        raise MlperfError(f"{path} has {steps} steps, the firmware takes {model.most_steps}", remedy)
    return Sample(name, data, label)

"""Representative data: what the inputs of a float model look like, from which activation ranges are taken."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from skipstone.quantize.importing.errors import ImportModelError

_HOW = "save one with numpy.save: float32, one entry of the first axis a step"


def read_representative(path: Path) -> NDArray[np.float32]:
    """Read float[steps, …] from a .npy, in the order in which a stream brings the steps.

    Raises:
        ImportModelError: it cannot be read, is no array of real numbers, is empty or holds infinities or NaN.
    """
    try:
        values = np.load(path, allow_pickle=False)
    except OSError as error:
        raise ImportModelError(f"cannot read {path}: {error.strerror or error}", _HOW) from error
    except (ValueError, EOFError) as error:
        raise ImportModelError(f"{path} is not a .npy array: {error}", _HOW) from error
    if not isinstance(values, np.ndarray) or values.dtype.kind not in "fiu":
        raise ImportModelError(f"{path} holds no array of real numbers", _HOW)
    if values.ndim < 2 or values.size == 0:
        raise ImportModelError(f"{path}: shape {list(values.shape)} has no steps", _HOW)
    if not np.isfinite(values).all():
        raise ImportModelError(f"{path} holds infinities or NaN", "remove them; they would set the scales")
    return values.astype(np.float32)


def fit_to_input(values: NDArray[np.float32], shape: tuple[int, ...]) -> NDArray[np.float32]:
    """Return float32[steps, *shape]; only axes of length 1 may be missing or too many.

    Args:
        values: float32[steps, …].
        shape: of the model's input, batch 1 in front.

    Raises:
        ImportModelError: an entry has other sizes.
    """
    given, wanted = values.shape[1:], shape
    if [n for n in given if n != 1] != [n for n in wanted if n != 1]:
        raise ImportModelError(
            f"representative entries of shape {list(given)}, but the model takes {list(wanted)}",
            "give one entry a step, of the shape of the model's input",
        )
    return values.reshape(len(values), *wanted)

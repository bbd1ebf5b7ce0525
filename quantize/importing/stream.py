"""What a float model has to look like to run step by step: shapes of one step, and states that come back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from skipstone.quantize.importing.errors import ImportModelError


def step_shape(name: str, shape: Sequence[Any], remedy: str) -> tuple[int, ...]:
    """Shape of one input, batch 1 in front.

    Args:
        name: of the input, for the message.
        shape: sizes; anything but an ``int`` is an open dimension.
        remedy: how to build the model in its framework.

    Raises:
        ImportModelError: an open dimension, or a batch other than 1.
    """
    sizes = tuple(size for size in shape if isinstance(size, int))
    if len(sizes) < len(shape):
        shown = ", ".join(str(size) if isinstance(size, int) else "?" for size in shape)
        raise ImportModelError(f"{name} has open dimensions: [{shown}]", remedy)
    if not sizes or sizes[0] != 1:
        batch = f"the batch of {name} is {sizes[0]}" if sizes else f"{name} has no dimensions"
        raise ImportModelError(f"{batch}; a device runs one step at a time, batch 1", remedy)
    return sizes


def check_states(
    inputs: Sequence[tuple[str, tuple[int, ...]]], outputs: Sequence[tuple[int, ...]], remedy: str
) -> None:
    """Every input after the first is a state, and the output at the same place is what it becomes.

    Args:
        inputs: name and shape; first the features.
        outputs: shapes; first the result.
        remedy: how to build the model in its framework.

    Raises:
        ImportModelError: the states do not come back, or come back in other shapes.
    """
    states = inputs[1:]
    if len(outputs) != 1 + len(states):
        raise ImportModelError(
            f"the model takes {len(states)} states after the features, but returns {len(outputs) - 1} values "
            "after the result",
            remedy,
        )
    for (name, before), after in zip(states, outputs[1:], strict=True):
        if before != after:
            raise ImportModelError(
                f"state '{name}' is {list(before)} before a step and {list(after)} after", remedy
            )

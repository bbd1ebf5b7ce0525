"""A board's outputs and states against the reference, piece by piece of a stream."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from skipstone.tools.device import Device
from skipstone.tools.validate.reference import Reference

PIECES = 8
"""States are read and compared so often in a stream."""


@dataclass(frozen=True)
class Difference:
    """The first byte of one output or state that is not the reference's.

    Attributes:
        where: ``output``, ``gates``, or ``state`` and its name.
        gates: gate source.
        step: first step that differs; for a state, the step after which it was read.
        element: index in the flat tensor.
        expected: what TFLM (for a state: the integer model) has there.
        got: what the board has.
        wrong: elements that differ, in all steps of the piece.
    """

    where: str
    gates: str
    step: int
    element: int
    expected: int
    got: int
    wrong: int

    def __str__(self) -> str:
        return (
            f"{self.where} (gates: {self.gates}), step {self.step}, element {self.element}: "
            f"{self.got}, TFLM has {self.expected}; {self.wrong} wrong"
        )

    def as_dict(self) -> dict[str, Any]:
        """Plain types."""
        return asdict(self)


def compare_stream(
    device: Device,
    reference: Reference,
    features: NDArray[np.signedinteger[Any]],
    source: str,
    advance: Callable[[int], None] = lambda _: None,
) -> list[Difference]:
    """Run one stream from a reset on both sides; stops after the first piece with a difference.

    Args:
        device: flashed with the model.
        reference: of the same model.
        features: int8 or int16 [n, width].
        source: ``arbitrator``, ``all`` or ``none``.
        advance: called with the number of steps done.

    Raises:
        DifferenceError: the references do not agree among themselves.
        DeviceError: the board does not answer.
    """
    reference.reset()
    if reference.block_count:
        device.set_gates(source)
    device.reset()
    done = 0
    for piece in np.array_split(features, min(PIECES, len(features))):
        expected, got = reference.run(piece, source), device.step_features(piece)
        pairs = {"output": (expected.logits, got.logits), "gates": (expected.gates, got.gates)}
        found = [_first(name, source, done, *pair) for name, pair in pairs.items()]
        done += len(piece)
        found += _states(device, reference, source, done - 1)
        advance(len(piece))
        differences = [difference for difference in found if difference is not None]
        if differences:
            return differences
    return []


def _states(device: Device, reference: Reference, source: str, step: int) -> list[Difference | None]:
    states = reference.states()
    by_short_name = {name[:32]: name for name in states}
    found = []
    for state in device.states():
        name = by_short_name[state.name[:32]]
        values = np.asarray(states[name]).reshape(1, -1)
        got = device.read_state(state.index).reshape(1, -1)
        expected = values if values.dtype == got.dtype else values.view(np.int8)
        got = got if values.dtype == got.dtype else got.view(np.int8)
        found.append(_first(f"state '{name}'", source, step, expected, got))
    return found


def _first(
    where: str, source: str, step: int, expected: NDArray[Any], got: NDArray[Any]
) -> Difference | None:
    wrong = np.argwhere(expected != got)
    if not len(wrong):
        return None
    row, element = (int(index) for index in wrong[0])
    values = int(expected[row, element]), int(got[row, element])
    return Difference(where, source, step + row, element, *values, len(wrong))

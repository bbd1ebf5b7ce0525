"""Which operator goes wrong first: bisection over models that end after operator k."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from skipstone.tools.validate.compare import Difference
from skipstone.tools.validate.flat import FlatModel

Probe = Callable[[bytes], list[Difference]]
"""Builds, flashes and compares one model; its differences."""

SILENT = frozenset({"VAR_HANDLE", "CALL_ONCE", "ASSIGN_VARIABLE", "READ_VARIABLE", "GREATER"})
"""Operators without a result of bytes that a board could show."""


@dataclass(frozen=True)
class FirstDifference:
    """An operator whose result differs although the results that it reads do not.

    Attributes:
        operator: such as ``FULLY_CONNECTED``.
        name: of its output tensor.
        difference: in its output (or in a state of the same models), every gate open.
        builds: models that were built and run to find it.
        unseen: operands that no board can show on their own, so that they may be the cause.
    """

    operator: str
    name: str
    difference: Difference
    builds: int
    unseen: tuple[str, ...]


class Locator:
    """Searches one model.

    Args:
        data: the .tflite.
        has_code: whether code generation takes a model.
        probe: runs a model on the board and compares it.
    """

    def __init__(self, data: bytes, has_code: Callable[[bytes], bool], probe: Probe) -> None:
        self._flat = FlatModel(data)
        self._probe = probe
        self._known: dict[int, list[Difference]] = {}
        operators = self._flat.operators
        loud = [index for index, (operator, _) in enumerate(operators) if operator not in SILENT]
        self._shown = [index for index in loud if has_code(self._flat.cut(index))]

    def find(self) -> FirstDifference | None:
        """Bisect, then walk up to an operator all of whose operands are right.

        Returns:
            ``None`` where no operator differs with every gate open: then gating, or what is kept between
            steps, is at fault and not a kernel.
        """
        if not self._shown or not self._differences(self._shown[-1]):
            return None
        low, high = -1, len(self._shown) - 1
        while high - low > 1:
            middle = (low + high) // 2
            if self._differences(self._shown[middle]):
                high = middle
            else:
                low = middle
        return self._result(self._first_cause(self._shown[high]))

    def _first_cause(self, index: int) -> int:
        """Up along operands that differ as well."""
        for source in self._flat.inputs_of(index):
            if source in self._shown and self._differences(source):
                return self._first_cause(source)
        return index

    def _result(self, index: int) -> FirstDifference:
        operators = self._flat.operators
        unseen = [
            operators[source][1]
            for source in self._flat.inputs_of(index)
            if source not in self._shown and operators[source][0] not in SILENT
        ]
        difference = self._differences(index)[0]
        return FirstDifference(*operators[index], difference, len(self._known), tuple(unseen))

    def _differences(self, index: int) -> list[Difference]:
        if index not in self._known:
            self._known[index] = self._probe(self._flat.cut(index))
        return self._known[index]

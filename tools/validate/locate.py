"""Which operator goes wrong first: bisection over models that end after one result of an operator."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from skipstone.tools.validate.compare import Difference
from skipstone.tools.validate.flat import FlatModel

Probe = Callable[[bytes, int], Difference | None]
"""Builds, flashes and runs one model for so many steps; the first difference of its output."""


@dataclass(frozen=True)
class FirstDifference:
    """An operator whose result differs although the results that it reads do not.

    Attributes:
        operator: such as ``FULLY_CONNECTED``.
        name: of the output that differs; of several, the first on the way to the wrong result.
        difference: in that output, every gate open.
        builds: models that were built and run to find it.
        unseen: operands that no board can show on their own, such as bools, so that they may be the cause.
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
        steps: length of the stream. It is cut to the earliest step that has differed: a wrong result that
            goes into a state makes operators before it wrong at the next step.
    """

    def __init__(self, data: bytes, has_code: Callable[[bytes], bool], probe: Probe, steps: int) -> None:
        self._flat = FlatModel(data)
        self._has_code = has_code
        self._probe = probe
        self._steps = self._all_steps = steps
        self._builds = 0
        self._known: dict[int, Difference | None] = {}
        loud = [index for index in range(len(self._flat.results)) if self._flat.is_shown(index)]
        self._shown = [index for index in loud if has_code(self._flat.cut(index))]

    def find(self) -> FirstDifference | None:
        """Bisect, then walk up to an operator all of whose operands are right.

        Returns:
            ``None`` where no operator differs with every gate open: then gating, or what is kept between
            steps, is at fault and not a kernel.
        """
        read = {source for index in self._shown for source in self._flat.inputs_of(index)}
        ends = [index for index in self._shown if index not in read]
        for index in ends:
            self._differs(index)
        wrong = [index for index in ends if self._differs(index)]
        if not wrong:
            return None
        path = self._path_to(wrong[0])
        low, high = -1, len(path) - 1
        while high - low > 1:
            middle = (low + high) // 2
            if self._differs(path[middle]):
                high = middle
            else:
                low = middle
        return self._result(self._first_cause(path[high]))

    def _path_to(self, index: int) -> list[int]:
        """Results that can be shown and that result ``index`` depends on, itself included, in order."""
        pending, needed = [index], set()
        while pending:
            one = pending.pop()
            if one not in needed:
                needed.add(one)
                pending += self._flat.inputs_of(one)
        return sorted(needed & set(self._shown))

    def _first_cause(self, index: int) -> int:
        """Up along operands that differ as well."""
        for source in self._sources(index)[0]:
            if self._differs(source):
                return self._first_cause(source)
        return index

    def _sources(self, index: int) -> tuple[list[int], list[int]]:
        """The nearest results that can be shown and that result ``index`` depends on, and those passed by."""
        pending = self._flat.inputs_of(index)
        shown: list[int] = []
        unseen: list[int] = []
        for source in pending:
            found = self._flat.inputs_of(source) if source not in self._shown else []
            pending += [one for one in found if one not in pending]
            (shown if source in self._shown else unseen).append(source)
        return shown, unseen

    def _result(self, index: int) -> FirstDifference:
        if self._flat.results[index].operator == "IF":
            inside = self._in_branches(index)
            if inside is not None:
                return inside
        results, unseen = self._flat.results, self._sources(index)[1]
        names = tuple(results[source].name for source in unseen if not self._flat.is_handle(source))
        difference = self._known[index]
        assert difference is not None
        wrong = results[index]
        return FirstDifference(wrong.operator, wrong.name, difference, self.builds, names)

    def _in_branches(self, index: int) -> FirstDifference | None:
        """An operator of a branch, each branch as if it always ran; ``None`` where neither differs."""
        for then in (True, False):
            try:
                opened = self._flat.opened(index, then)
            except ValueError:
                continue
            inner = Locator(opened, self._has_code, self._probe, self._all_steps)
            found = inner.find()
            self._builds += inner.builds
            if found is not None:
                return replace(found, builds=self.builds)
        return None

    @property
    def builds(self) -> int:
        """Models that were built and run so far."""
        return len(self._known) + self._builds

    def _differs(self, index: int) -> bool:
        """Whether a result differs within the steps that count by now."""
        if index not in self._known:
            found = self._known[index] = self._probe(self._flat.cut(index), self._steps)
            if found is not None:
                self._steps = min(self._steps, found.step + 1)
        known = self._known[index]
        return known is not None and known.step < self._steps

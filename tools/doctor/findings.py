"""The result of looking for one component."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum


class Status(StrEnum):
    """What was found."""

    OK = "ok"
    WRONG_VERSION = "wrong version"
    MISSING = "missing"


@dataclass(frozen=True)
class Finding:
    """One row of the table: a component, what was found, and how to mend it (empty when all is well)."""

    name: str
    group: str
    required: bool
    status: Status
    found: str
    wanted: str
    remedy: str

    @property
    def blocks(self) -> bool:
        """True when Skipstone cannot do its work because of this finding."""
        return self.required and self.status is not Status.OK

    def as_dict(self) -> dict[str, str | bool]:
        """The row as JSON-ready values."""
        return {
            "name": self.name,
            "group": self.group,
            "required": self.required,
            "status": str(self.status),
            "found": self.found,
            "wanted": self.wanted,
            "remedy": self.remedy,
        }


@dataclass(frozen=True)
class Component:
    """Something Skipstone needs: how to find it and how to mend it.

    ``probe`` returns the version found (any text when there is none to compare) or None when it is missing.
    """

    name: str
    group: str
    required: bool
    probe: Callable[[], str | None]
    remedy: str
    minimum: str = ""
    exact: bool = False

    def examine(self) -> Finding:
        """Look for the component."""
        version = self.probe()
        if version is None:
            status = Status.MISSING
        elif not self.minimum or self._is_wanted(version):
            status = Status.OK
        else:
            status = Status.WRONG_VERSION
        wanted = f"{'=' if self.exact else '≥'} {self.minimum}" if self.minimum else "any"
        remedy = "" if status is Status.OK else self.remedy
        return Finding(self.name, self.group, self.required, status, version or "—", wanted, remedy)

    def _is_wanted(self, version: str) -> bool:
        if self.exact:
            return version.split("+", maxsplit=1)[0] == self.minimum
        return version_numbers(version) >= version_numbers(self.minimum)


def version_numbers(version: str) -> tuple[int, ...]:
    """The leading numbers of a version: ``"7.2.15+dfsg"`` → ``(7, 2, 15)``."""
    numbers = []
    for part in version.split("+", maxsplit=1)[0].split("."):
        digits = part[: len(part) - len(part.lstrip("0123456789"))]
        if not digits:
            break
        numbers.append(int(digits))
    return tuple(numbers)

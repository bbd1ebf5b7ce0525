"""Errors of the code generator, and the list in which its passes collect what they find."""

from __future__ import annotations

from dataclasses import dataclass, field

from skipstone.quantize.errors import SkipstoneError


class CodegenError(SkipstoneError):
    """The code generator cannot make C of this model for this board."""


class BoardLimitError(CodegenError):
    """The model does not fit the board's flash or RAM."""


@dataclass(frozen=True)
class Finding:
    """One reason why a model cannot become C.

    Attributes:
        subject: operator and tensor name, such as ``conv_2d 'enc/conv1'``.
        problem: what is wrong with it.
        remedy: what the author of the model can do.
    """

    subject: str
    problem: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.subject}: {self.problem}; {self.remedy}"


class UnsupportedModelError(CodegenError):
    """The model holds constructs that codegen does not cover; ``findings`` names all of them."""

    def __init__(self, source: str, findings: list[Finding]) -> None:
        lines = "\n".join(f"  - {finding}" for finding in findings)
        count = "one construct" if len(findings) == 1 else f"{len(findings)} constructs"
        super().__init__(
            f"{source}: {count} not supported by codegen\n{lines}",
            "change the model as each line says and convert it again",
        )
        self.findings = findings


@dataclass
class Findings:
    """Collects findings of one model, so that all of them reach the user at once."""

    source: str
    items: list[Finding] = field(default_factory=list)

    def add(self, subject: str, problem: str, remedy: str) -> None:
        """Record a finding; the same one is kept once."""
        finding = Finding(subject, problem, remedy)
        if finding not in self.items:
            self.items.append(finding)

    def raise_if_any(self) -> None:
        """End a pass.

        Raises:
            UnsupportedModelError: something was recorded.
        """
        if self.items:
            raise UnsupportedModelError(self.source, self.items)

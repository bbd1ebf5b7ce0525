"""Errors of the code generator for NPUs."""

from __future__ import annotations

from skipstone.firmware.codegen.errors import CodegenError


class NpuError(CodegenError):
    """The NPU cannot be used as asked."""


class VelaError(NpuError):
    """The Vela compiler is absent, refuses a graph, or wrote something unexpected."""


class StrictError(NpuError):
    """``--npu-strict``: operators are left to the CPU; the message names all of them."""


class RefusedGraphError(VelaError):
    """Vela does not compile a graph, or leaves a part of it to the CPU.

    Attributes:
        operators: names of the results of those that it leaves; empty where it does not say.
    """

    def __init__(self, cause: str, remedy: str, operators: frozenset[str] = frozenset()) -> None:
        super().__init__(cause, remedy)
        self.operators = operators


class InexactJobError(NpuError):
    """The NPU computes something else than TFLM."""

"""Errors of the code generator for NPUs."""

from __future__ import annotations

from skipstone.firmware.codegen.errors import CodegenError


class NpuError(CodegenError):
    """The NPU cannot be used as asked."""


class VelaError(NpuError):
    """The Vela compiler is absent, refuses a graph, or wrote something unexpected."""


class StrictError(NpuError):
    """``--npu-strict``: operators are left to the CPU; the message names all of them."""

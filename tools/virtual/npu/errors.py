"""Errors of the functional model of the NPU."""

from __future__ import annotations

from skipstone.quantize.errors import SkipstoneError


class NpuModelError(SkipstoneError):
    """The model cannot be compiled, or is given something that is not a job."""


class NpuFaultError(SkipstoneError):
    """A job ended in a fault.

    Attributes:
        fault: name of the fault: ``command``, ``end``, ``bus``, ``weights``, ``unmodelled`` or ``limit``.
        offset: byte offset of the command in the stream.
    """

    def __init__(self, fault: str, offset: int, text: str) -> None:
        remedy = (
            "compile the model for the CPU, or for another accelerator"
            if fault == "unmodelled"
            else "check the command stream, the regions and their sizes against what the compiler wrote"
        )
        super().__init__(f"the NPU faulted at byte {offset} of the command stream ({fault}): {text}", remedy)
        self.fault = fault
        self.offset = offset

"""Errors of talking to a board."""

from __future__ import annotations

from skipstone.quantize.errors import SkipstoneError
from skipstone.tools.protocol.messages import ErrorCode, NpuError


class DeviceError(SkipstoneError):
    """A board cannot be reached, does not answer, or does something the protocol does not allow."""


class DeviceTimeoutError(DeviceError):
    """No reply within the time allowed."""


class RequestRefusedError(DeviceError):
    """The board answered ERROR.

    Attributes:
        code: the reason.
        detail: its detail, see the protocol reference.
    """

    def __init__(self, request: str, code: int, detail: int) -> None:
        known = code in ErrorCode.__members__.values()
        name = ErrorCode(code).name.lower() if known else f"code {code}"
        super().__init__(
            f"the board refuses {request}: {name} ({_detail(code, detail)})", _remedy(code, detail)
        )
        self.code = code
        self.detail = detail


def _detail(code: int, detail: int) -> str:
    """The detail in words where it has a name."""
    if code == ErrorCode.NPU and detail in NpuError.__members__.values():
        return NpuError(detail).name.lower()
    return f"detail {detail}"


def _remedy(code: int, detail: int) -> str:
    if (code, detail) == (ErrorCode.NPU, NpuError.ABSENT):
        return (
            "the board has another NPU than its board.toml says, or none: build and flash for the one it has"
        )
    return _REMEDIES.get(code, _REMEDY)


_REMEDY = "see docs/reference/protocol.md for what the code means"
_REMEDIES: dict[int, str] = {
    ErrorCode.BAD_VERSION: "build and flash the firmware with this version of Skipstone",
    ErrorCode.UNKNOWN_TYPE: "build and flash the firmware with this version of Skipstone",
    ErrorCode.BAD_SHAPE: "use the model that the firmware was built from",
    ErrorCode.BAD_INDEX: "ask for less: `Device.blocks()` and `Device.states()` say what there is",
    ErrorCode.TOO_MANY_STEPS: "send fewer steps a message",
    ErrorCode.GATE_SOURCE: "call set_gates('trace') before steps with masks, another source before others",
    ErrorCode.NO_FRONT_END: "send features (step_features), or convert a model with FEATURES metadata",
    ErrorCode.MODEL: "run `skipstone codegen` and `skipstone build` again; the image does not suit its model",
    ErrorCode.NPU: "Device.npu_info() has registers of the failed job; Device.reset() starts the NPU again",
    ErrorCode.NO_NPU: "generate the code with --npu, build and flash it",
    ErrorCode.FAULT: "the firmware restarted; Device.fault_info() has the registers",
}

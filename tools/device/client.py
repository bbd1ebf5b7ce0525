"""The host's side of the serial protocol."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from skipstone.tools.device import batching, tables
from skipstone.tools.device.errors import DeviceError
from skipstone.tools.device.link import Link
from skipstone.tools.device.results import (
    BlockInfo,
    DeviceInfo,
    IntentReading,
    NpuProfile,
    Profile,
    StateInfo,
    StepBatch,
    pack_gates,
)
from skipstone.tools.device.transport import SerialTransport, Transport
from skipstone.tools.protocol import messages as m

HELLO_PATIENCE = 10.0
VIRTUAL_DEPTH = 2


class Device:
    """A board that runs Skipstone firmware.

    Args:
        port: serial port by path or pyserial URL, or a transport.
        baud: bits a second, for a port.
        patience: seconds to wait for the first HELLO.

    Attributes:
        info: who answered HELLO.

    Raises:
        DeviceError: the port cannot be opened.
        DeviceTimeoutError: nobody answers.
    """

    def __init__(
        self, port: str | Path | Transport, baud: int = 115_200, patience: float = HELLO_PATIENCE
    ) -> None:
        transport = SerialTransport(port, baud) if isinstance(port, str | Path) else port
        self._link = Link(transport)
        try:
            self.info = tables.device_info(self._link.hello(patience))
        except BaseException:
            self._link.close()
            raise
        virtual = self.info.counter is m.CounterKind.VIRTUAL
        self._depth = VIRTUAL_DEPTH if virtual else 1

    def __enter__(self) -> Device:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Free the port."""
        self._link.close()

    @property
    def link(self) -> Link:
        """The conversation, for requests that this class does not wrap."""
        return self._link

    def hello(self) -> DeviceInfo:
        """Ask again who is there."""
        self.info = tables.device_info(self._link.request(m.HelloRequest(), m.HelloReply))
        return self.info

    def reset(self) -> None:
        """Forget the stream: states, front end, text. Gate source, threshold offset, idle reset and profile
        stay."""
        self._link.request(m.ResetRequest(), m.ResetReply)

    def set_gates(self, source: str, mask: ArrayLike | None = None) -> None:
        """Choose what decides: ``arbitrator``, ``all``, ``none``, ``mask`` (bool [B]) or ``trace``.

        Raises:
            DeviceError: no such source, or the mask does not have one bit a block.
        """
        try:
            chosen = m.GateSource[source.upper()]
        except KeyError:
            names = ", ".join(item.name.lower() for item in m.GateSource)
            raise DeviceError(f"no gate source '{source}'", f"use one of: {names}") from None
        if (chosen is m.GateSource.MASK) != (mask is not None):
            raise DeviceError(
                "a mask goes with gate source 'mask', and only with it", "pass mask=bool[blocks]"
            )
        bits = np.empty(0, np.uint8) if mask is None else pack_gates(self._gate_rows(mask, ()))
        self._link.request(m.SetGateSourceRequest(int(chosen), len(bits), bits), m.SetGateSourceReply)

    def set_threshold_offset(self, offset: int) -> None:
        """Shift every gate logit by ``offset`` (−128 … 127, two logit steps each): more opens more blocks."""
        self._link.request(m.SetThresholdOffsetRequest(offset), m.SetThresholdOffsetReply)

    def set_idle_reset(self, steps: int, blocks: int = 0) -> None:
        """Forget the stream on the board after ``steps`` idle steps in a row, 0: never; a step is idle in
        which at most ``blocks`` blocks ran.

        A model says in its ``SKIP_TABLE`` what it was made for
        (:class:`skipstone.quantize.evaluation.idle_reset.IdleRule`); a board starts with 0.
        """
        self._link.request(m.SetIdleResetRequest(steps, blocks), m.SetIdleResetReply)

    def step_features(
        self, features: ArrayLike, masks: ArrayLike | None = None, logits: bool = True, npu: bool = False
    ) -> StepBatch:
        """Run steps on features; long arrays go in several messages, pipelined on a virtual board.

        Args:
            features: int8 [n, F], or int16 where the board's ``feature_width`` is 2.
            masks: bool [n, B], the gate bits of every step; only with gate source ``trace``.
            logits: ask for the logits (they are most of a reply).
            npu: ask for jobs and cycles of the NPU.

        Raises:
            DeviceError: an array does not have the model's shape.
            RequestRefusedError: a job of the NPU failed, and the stream is lost until :meth:`reset`; or the
                model has none and ``npu`` asks for them.
        """
        return StepBatch.join(list(self.stream_features(features, masks, logits, npu)))

    def stream_features(
        self, features: ArrayLike, masks: ArrayLike | None = None, logits: bool = True, npu: bool = False
    ) -> Iterator[StepBatch]:
        """Like :meth:`step_features`, but yields each message's steps as they arrive."""
        dtype = batching.value_type(self.info.feature_width)
        rows = _int_rows(features, dtype, self.info.feature_count, "features")
        bits = None if masks is None else self._gate_rows(masks, (len(rows),))
        requests = batching.feature_requests(self.info, rows, bits, logits, npu)
        for reply in self._link.pipeline(requests, m.StepFeaturesReply, self._depth):
            yield batching.features_batch(self.info, reply)

    def step_pcm(
        self,
        pcm: ArrayLike,
        masks: ArrayLike | None = None,
        logits: bool = True,
        features: bool = False,
        npu: bool = False,
    ) -> StepBatch:
        """Run steps on PCM: the board's front end, then the model.

        Args:
            pcm: int16 [n, samples per step], or flat with a whole number of steps.
            masks: as for :meth:`step_features`.
            logits: ask for the logits.
            features: ask for the features that the front end computed.
            npu: as for :meth:`step_features`.

        Raises:
            DeviceError: an array does not have the model's shape.
            RequestRefusedError: the firmware has no front end, or as for :meth:`step_features`.
        """
        width = self.info.samples_per_step
        if width == 0:
            raise DeviceError("this firmware has no front end", "use step_features")
        samples = np.asarray(pcm)
        if samples.ndim == 1 and len(samples) % width == 0:
            samples = samples.reshape(-1, width)
        rows = _int_rows(samples, np.dtype(np.int16), width, "samples")
        bits = None if masks is None else self._gate_rows(masks, (len(rows),))
        requests = batching.pcm_requests(self.info, rows, bits, logits, features, npu)
        replies = self._link.pipeline(requests, m.StepPcmReply, self._depth)
        return StepBatch.join([batching.pcm_batch(self.info, reply) for reply in replies])

    def blocks(self) -> list[BlockInfo]:
        """The block table."""
        return tables.read_blocks(self._link)

    def states(self) -> list[StateInfo]:
        """The table of streaming states."""
        return tables.read_states(self._link)

    def read_state(self, index: int) -> NDArray[np.signedinteger[Any]]:
        """One streaming state in its logical shape, oldest row first.

        Raises:
            RequestRefusedError: no such state.
        """
        return tables.read_state(self._link, index)

    def profile(self, clear: bool = False) -> Profile:
        """Sums per block since start or since they were cleared; ``clear`` sets them to zero afterwards."""
        return tables.read_profile(self._link, clear)

    def npu_info(self) -> m.NpuInfoReply:
        """The NPU and the job that failed last.

        Raises:
            RequestRefusedError: the model runs no jobs on an NPU.
        """
        return self._link.request(m.NpuInfoRequest(), m.NpuInfoReply)

    def npu_profile(self) -> NpuProfile:
        """What the NPU did since start, or since :meth:`profile` cleared the sums.

        Raises:
            RequestRefusedError: the model runs no jobs on an NPU.
        """
        return tables.read_npu_profile(self._link)

    def memory(self) -> m.MemoryReply:
        """Where the memory went, in bytes."""
        return self._link.request(m.MemoryRequest(), m.MemoryReply)

    def link_info(self) -> m.LinkInfoReply:
        """What the board's end of the link has seen: frames, errors, overruns."""
        return self._link.request(m.LinkInfoRequest(), m.LinkInfoReply)

    def fault_info(self) -> m.FaultInfoReply:
        """The last processor fault."""
        return self._link.request(m.FaultInfoRequest(), m.FaultInfoReply)

    def self_test(
        self, tests: int = m.SelfTests.WEIGHTS | m.SelfTests.KERNELS | m.SelfTests.RAM
    ) -> m.SelfTestReply:
        """Run the board's tests of itself; resets the stream."""
        return self._link.request(m.SelfTestRequest(int(tests)), m.SelfTestReply)

    def text(self) -> str:
        """Text recognised since the last reset."""
        return tables.read_text(self._link)

    def intent(self) -> IntentReading:
        """The command that the board's grammar recognised since the last reset, and what decoding it cost.

        Raises:
            RequestRefusedError: the firmware has no grammar.
        """
        return tables.read_intent(self._link)

    def _gate_rows(self, gates: ArrayLike, leading: tuple[int, ...]) -> NDArray[np.bool_]:
        array = np.asarray(gates).astype(bool)
        wanted = (*leading, self.info.block_count)
        if array.shape != wanted:
            raise DeviceError(
                f"gate bits have shape {array.shape}; the model wants {wanted}", "pass one bit a block"
            )
        return array


def _int_rows(values: ArrayLike, dtype: np.dtype[Any], width: int, what: str) -> NDArray[np.generic]:
    array = np.asarray(values)
    if array.ndim != 2 or array.shape[1] != width or array.shape[0] == 0:
        raise DeviceError(
            f"{what} have shape {array.shape}; the model wants [n, {width}]", f"pass [n, {width}]"
        )
    if array.dtype != dtype:
        raise DeviceError(f"{what} are {array.dtype}", f"pass {dtype.name}")
    return array

"""The functional model of the Ethos-U55 from Python.

::

    compiled = read_compiled(Path("body_vela.npz"))
    run = run_compiled(compiled, [features])
    run.outputs, run.counts.mac_cycles
"""

from __future__ import annotations

import ctypes
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray
from skipstone.tools.virtual.npu.build import model_library
from skipstone.tools.virtual.npu.compiled import CompiledModel
from skipstone.tools.virtual.npu.errors import NpuFaultError, NpuModelError

REGIONS = 8
ACCELERATORS = {f"ethos-u55-{macs}": macs for macs in (32, 64, 128, 256)}
"""Names as vela gives them, and their multiply-accumulates a cycle."""

MAX_MACS = 1 << 33
"""Work of one operation that a job from Python may ask for: seconds, not hours."""

_SPACING = 1 << 28
"""Bytes from one region's base to the next: an access beyond a buffer is in none."""


class _Config(ctypes.Structure):
    _fields_ = [("macs_per_cycle", ctypes.c_uint32), ("max_macs", ctypes.c_uint64)]


class _Result(ctypes.Structure):
    _fields_ = [
        ("fault", ctypes.c_int),
        ("offset", ctypes.c_uint32),
        ("address", ctypes.c_uint64),
        ("write", ctypes.c_bool),
        ("region", ctypes.c_uint32),
        ("irq_mask", ctypes.c_uint16),
        ("text", ctypes.c_char * 160),
    ]


class _Counts(ctypes.Structure):
    _fields_ = [
        ("commands", ctypes.c_uint64),
        ("operations", ctypes.c_uint64),
        ("blocks", ctypes.c_uint64),
        ("dma_transfers", ctypes.c_uint64),
        ("macs", ctypes.c_uint64),
        ("mac_cycles", ctypes.c_uint64),
        ("output_cycles", ctypes.c_uint64),
        ("bytes_read", ctypes.c_uint64 * (REGIONS + 1)),
        ("bytes_written", ctypes.c_uint64 * (REGIONS + 1)),
        ("unordered", ctypes.c_uint64),
    ]


class _Segment(ctypes.Structure):
    _fields_ = [
        ("base", ctypes.c_uint64),
        ("bytes", ctypes.c_uint64),
        ("data", ctypes.c_void_p),
        ("writable", ctypes.c_uint64),
    ]


@dataclass(frozen=True)
class Counts:
    """What a job did.

    Attributes:
        commands: commands of the stream.
        operations: CONV, DEPTHWISE, POOL and ELEMENTWISE commands.
        blocks: their output blocks.
        dma_transfers: DMA commands.
        macs: multiply-accumulates of CONV and DEPTHWISE.
        mac_cycles: modelled cycles of the MAC array, without memory stalls.
        output_cycles: modelled cycles of the output unit, without memory stalls.
        bytes_read: by region; the last is the command queue. Each feature map counts once an operation.
        bytes_written: the same.
        unordered: commands that touch memory which a DMA or an operation before them still may, without a
            wait between: on silicon their results depend on timing.
    """

    commands: int
    operations: int
    blocks: int
    dma_transfers: int
    macs: int
    mac_cycles: int
    output_cycles: int
    bytes_read: tuple[int, ...]
    bytes_written: tuple[int, ...]
    unordered: int


@dataclass(frozen=True, eq=False)
class Run:
    """Outputs as uint8 bytes of each output tensor, and the job's counts."""

    outputs: tuple[NDArray[np.uint8], ...]
    counts: Counts


@cache
def _library() -> ctypes.CDLL:
    library = ctypes.CDLL(str(model_library()))
    library.npu_execute_segments.restype = _Result
    library.npu_fault_name.restype = ctypes.c_char_p
    return library


def execute(
    macs_per_cycle: int,
    commands: bytes,
    regions: Mapping[int, NDArray[np.uint8]],
    *,
    read_only: Collection[int] = (),
    max_macs: int = MAX_MACS,
) -> Counts:
    """Run a command stream; it changes ``regions`` in place.

    Args:
        macs_per_cycle: 32, 64, 128 or 256.
        commands: the register command stream.
        regions: contiguous uint8 buffers, by region; an access outside of them faults.
        read_only: regions whose buffers the NPU may not write.
        max_macs: work of one operation at which the job faults.

    Raises:
        NpuFaultError: the job faulted; what it wrote until then is in ``regions``.
        NpuModelError: a region that does not exist or a buffer that cannot be used.
    """
    library = _library()
    bases = (ctypes.c_uint64 * REGIONS)(*((region + 1) * _SPACING for region in range(REGIONS)))
    queue = np.frombuffer(commands, np.uint8)
    buffers = [(REGIONS, queue), *sorted(regions.items())]
    segments = (_Segment * len(buffers))()
    for segment, (region, buffer) in zip(segments, buffers, strict=True):
        if not 0 <= region <= REGIONS or buffer.dtype != np.uint8 or not buffer.flags.c_contiguous:
            raise NpuModelError(
                f"region {region} is no contiguous uint8 buffer", "pass uint8 arrays for 0 … 7"
            )
        segment.base, segment.bytes, segment.data = (region + 1) * _SPACING, buffer.size, buffer.ctypes.data
        segment.writable = region not in read_only and region != REGIONS
    config, counts = _Config(macs_per_cycle, max_macs), _Counts()
    result = library.npu_execute_segments(
        ctypes.byref(config),
        bases,
        ctypes.c_uint64((REGIONS + 1) * _SPACING),
        ctypes.c_uint32(queue.size),
        segments,
        ctypes.c_uint32(len(buffers)),
        ctypes.byref(counts),
    )
    if result.fault:
        name = library.npu_fault_name(result.fault).decode()
        raise NpuFaultError(name, result.offset, result.text.decode())
    return _counts(counts)


def _counts(counts: _Counts) -> Counts:
    names = (
        "commands",
        "operations",
        "blocks",
        "dma_transfers",
        "macs",
        "mac_cycles",
        "output_cycles",
        "unordered",
    )
    scalars = {name: int(getattr(counts, name)) for name in names}
    return Counts(**scalars, bytes_read=tuple(counts.bytes_read), bytes_written=tuple(counts.bytes_written))


def run_compiled(model: CompiledModel, inputs: Sequence[NDArray[np.generic]]) -> Run:
    """Run a compiled model once.

    Args:
        model: from :func:`~skipstone.tools.virtual.npu.compiled.read_compiled`.
        inputs: one array an input, in order, of the element size and number of elements that it takes.

    Raises:
        NpuModelError: wrong number, element size or number of elements.
        NpuFaultError: the job faulted.
    """
    regions = {region: np.zeros(size, np.uint8) for region, size in model.scratch_sizes.items()}
    constants = np.frombuffer(model.constants, np.uint8)
    if model.constants_region in regions:
        raise NpuModelError("constants and scratch share a region", "compile with separate regions")
    if constants.size:
        regions[model.constants_region] = constants
    if len(inputs) != len(model.inputs):
        raise NpuModelError(
            f"{len(inputs)} inputs for a model that takes {len(model.inputs)}", "pass every input, in order"
        )
    for number, (array, tensor) in enumerate(zip(inputs, model.inputs, strict=True)):
        if array.nbytes != tensor.size or array.itemsize != tensor.element_size:
            raise NpuModelError(
                f"input {number} has {array.size} elements of {array.itemsize} bytes, the model takes shape "
                f"{tensor.shape} of {tensor.element_size} bytes",
                "pass the array that the model takes",
            )
        target = regions[tensor.region][tensor.offset : tensor.offset + tensor.size]
        target[:] = np.ascontiguousarray(array).reshape(-1).view(np.uint8)
    counts = execute(
        model.macs_per_cycle, model.commands, regions, read_only=frozenset({model.constants_region})
    )
    outputs = tuple(regions[t.region][t.offset : t.offset + t.size].copy() for t in model.outputs)
    return Run(outputs, counts)

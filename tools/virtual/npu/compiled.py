"""What ``vela --output-format raw`` writes: command stream, constants, and where the tensors are."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from skipstone.tools.virtual.npu.errors import NpuModelError

MAGICS = (b"COP1", b"COP2")
PRODUCTS = {1: "Ethos-U65", 2: "Ethos-U85"}
"""Product numbers in the CONFIG register."""

REMEDY = "compile with vela 5.2 and --output-format raw for one of ethos-u55-32, -64, -128, -256"


@dataclass(frozen=True)
class Tensor:
    """An input or output in memory.

    Attributes:
        region: 0 to 7.
        offset: bytes from the region's base.
        shape: as vela gives it, with leading ones.
        element_size: bytes of an element: 1, 2 or 4.
    """

    region: int
    offset: int
    shape: tuple[int, ...]
    element_size: int

    @property
    def size(self) -> int:
        """Bytes."""
        return int(np.prod(self.shape, dtype=np.int64)) * self.element_size


@dataclass(frozen=True)
class CompiledModel:
    """A model that runs on the NPU as a whole.

    Attributes:
        macs_per_cycle: of the accelerator that it was compiled for.
        commands: the register command stream, a multiple of 4 bytes.
        constants: weights, scales and tables.
        constants_region: region of the constants.
        scratch_sizes: bytes of the read-write regions, by region.
        inputs: in the order of the model.
        outputs: in the order of the model.
    """

    macs_per_cycle: int
    commands: bytes
    constants: bytes
    constants_region: int
    scratch_sizes: Mapping[int, int]
    inputs: tuple[Tensor, ...]
    outputs: tuple[Tensor, ...]


def read_compiled(path: Path) -> CompiledModel:
    """Read vela's ``.npz``.

    Raises:
        NpuModelError: no such file, not vela's raw output, or for an accelerator that is no Ethos-U55.
    """
    try:
        with np.load(path, allow_pickle=False) as archive:
            return _from_arrays({name: archive[name] for name in _NAMES})
    except FileNotFoundError as error:
        raise NpuModelError(f"{path}: no such file", REMEDY) from error
    except (KeyError, IndexError, ValueError, OSError, EOFError, zipfile.BadZipFile) as error:
        raise NpuModelError(f"{path} is not the raw output of vela: {error}", REMEDY) from error


_SIDES = ("shape", "elem_size", "region", "offset")
_NAMES = (
    *("cmd_data", "weight_data", "weight_region", "scratch_size", "scratch_region"),
    *("scratch_fast_size", "scratch_fast_region"),
    *(f"{side}_{name}" for side in ("input", "output") for name in _SIDES),
)


def _from_arrays(arrays: Mapping[str, NDArray[Any]]) -> CompiledModel:
    payload = arrays["cmd_data"].tobytes()
    macs, commands = _command_stream(payload)
    scratch: dict[int, int] = {}
    for kind in ("scratch", "scratch_fast"):
        region, size = int(arrays[f"{kind}_region"]), int(arrays[f"{kind}_size"])
        if size:
            scratch[region] = max(scratch.get(region, 0), size)
    return CompiledModel(
        macs,
        commands,
        arrays["weight_data"].tobytes(),
        int(arrays["weight_region"]),
        scratch,
        _tensors(arrays, "input"),
        _tensors(arrays, "output"),
    )


def _tensors(arrays: Mapping[str, NDArray[Any]], side: str) -> tuple[Tensor, ...]:
    columns = [arrays[f"{side}_{name}"] for name in _SIDES]
    return tuple(
        Tensor(int(region), int(offset), tuple(int(size) for size in shape), int(element))
        for shape, element, region, offset in zip(*columns, strict=True)
    )


def _command_stream(payload: bytes) -> tuple[int, bytes]:
    """MACs a cycle and command stream of a driver payload.

    Its words are actions: 1 configuration (with CONFIG and ID), 5 padding, 2 command stream.
    """
    if payload[:4] not in MAGICS:
        raise ValueError("the command data has no COP header")
    words = np.frombuffer(payload[: len(payload) // 4 * 4], "<u4")
    macs, index = 0, 1
    while index < len(words):
        word = int(words[index])
        match word & 0xFF:
            case 1:
                macs = _macs_per_cycle(int(words[index + 1]))
                index += 3
            case 5:
                index += 1
            case 2:
                length = word >> 16 | (word >> 8 & 0xFF) << 16
                stream = words[index + 1 : index + 1 + length]
                if len(stream) != length:
                    raise ValueError("the command stream is cut off")
                return macs, stream.tobytes()
            case action:
                raise ValueError(f"unknown action {action} in the command data")
    raise ValueError("the command data has no command stream")


def _macs_per_cycle(config: int) -> int:
    """From the CONFIG register that the payload asks for."""
    product = config >> 28
    if product != 0:
        name = PRODUCTS.get(product, f"product {product}")
        raise NpuModelError(f"compiled for {name}; the functional model is of Ethos-U55", REMEDY)
    return 1 << (config & 0xF)

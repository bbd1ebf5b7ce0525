"""Command streams written by hand, for what vela does not emit; codes from vela's register description."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pytest
from numpy.typing import NDArray

regs = pytest.importorskip(
    "ethosu.vela.ethos_u55_regs.ethos_u55_regs", reason="vela is not installed (extra npu)"
)

REGION = 1
IFM_TYPES = {"uint8": 0, "int8": 1, "uint16": 4, "int16": 5, "int32": 9}
OFM_TYPES = {"uint8": 0, "int8": 1, "uint16": 2, "int16": 3, "int32": 5}
BRICK = 16
ROUNDINGS = {"tfl": 0, "truncate": 1, "natural": 2}


@dataclass(frozen=True)
class FeatureMap:
    """Where a feature map of (height, width, depth) lies in :data:`REGION`."""

    address: int
    shape: tuple[int, int, int]
    dtype: str = "int8"
    bricks: bool = False
    zero_point: int = 0

    @property
    def strides(self) -> tuple[int, int, int]:
        """Bytes of a step in y, x and from one group of 16 channels to the next."""
        size = np.dtype(self.dtype).itemsize
        _, width, depth = self.shape
        if self.bricks:
            return width * -(-depth // BRICK) * BRICK * size, BRICK * size, width * BRICK * size
        return width * depth * size, depth * size, size

    def offsets(self) -> NDArray[np.int64]:
        """Byte offset of every element, of the map's shape."""
        y, x, c = np.indices(self.shape)
        size = np.dtype(self.dtype).itemsize
        row, pixel, group = self.strides
        if self.bricks:
            return self.address + y * row + x * pixel + c // BRICK * group + c % BRICK * size
        return self.address + y * row + x * pixel + c * size

    def write(self, memory: NDArray[np.uint8], values: NDArray[np.generic]) -> None:
        """Store values, cast to the map's type."""
        size = np.dtype(self.dtype).itemsize
        raw = np.ascontiguousarray(values).astype(self.dtype).reshape(*self.shape, 1).view(np.uint8)
        for byte in range(size):
            memory[self.offsets() + byte] = raw[..., byte]

    def read(self, memory: NDArray[np.uint8]) -> NDArray[np.generic]:
        """The values as they are."""
        size = np.dtype(self.dtype).itemsize
        raw = np.stack([memory[self.offsets() + byte] for byte in range(size)], axis=-1)
        return np.ascontiguousarray(raw).view(self.dtype)[..., 0]


@dataclass
class Stream:
    """Collects commands; :meth:`to_bytes` appends NPU_OP_STOP."""

    words: list[int] = field(default_factory=list)

    def set(self, name: str, value: int) -> None:
        """A one-word register, without its prefix NPU_SET_."""
        self.words.append(regs.cmd0[f"NPU_SET_{name}"].value | (value & 0xFFFF) << 16)

    def set_wide(self, name: str, payload: int, upper: int = 0) -> None:
        """A two-word register."""
        code = regs.cmd1[f"NPU_SET_{name}"].value
        self.words += [code | 1 << 14 | (upper & 0xFFFF) << 16, payload & 0xFFFFFFFF]

    def operate(self, name: str, parameter: int = 0) -> None:
        """An operation, without its prefix NPU_OP_."""
        self.words.append(regs.cmd0[f"NPU_OP_{name}"].value | parameter << 16)

    def feature_map(self, kind: str, fm: FeatureMap, tiles: Sequence[int] | None = None) -> None:
        """Registers of IFM, IFM2 or OFM; tiles: (height0, height1, width0, base1, base2, base3)."""
        height, width, depth = fm.shape
        height0, height1, width0, *bases = tiles or (height, height, width, 0, 0, 0)
        self.set(f"{kind}_REGION", REGION)
        for index, base in enumerate([fm.address, *bases]):
            self.set_wide(f"{kind}_BASE{index}", base)
        for name, value in (("HEIGHT0", height0), ("HEIGHT1", height1), ("WIDTH0", width0)):
            self.set(f"{kind}_{name}_M1", value - 1)
        for axis, stride in zip("YXC", fm.strides, strict=True):
            self.set_wide(f"{kind}_STRIDE_{axis}", stride)
        self.set(f"{kind}_ZERO_POINT", fm.zero_point)
        if kind == "IFM":
            self.set("IFM_DEPTH_M1", depth - 1)
        if kind == "OFM":
            for name, value in zip(("HEIGHT", "WIDTH", "DEPTH"), fm.shape, strict=True):
                self.set(f"OFM_{name}_M1", value - 1)
                self.set(f"OFM_BLK_{name}_M1", value - 1)

    def inputs(self, ifm: FeatureMap, *, scale_mode: int = 0, tiles: Sequence[int] | None = None) -> None:
        """IFM and its precision."""
        self.feature_map("IFM", ifm, tiles)
        self.set("IFM_PRECISION", IFM_TYPES[ifm.dtype] | ifm.bricks << 6 | scale_mode << 8)

    def second(self, ifm2: FeatureMap, broadcast: int = 0) -> None:
        """IFM2, its precision and how it is broadcast."""
        self.feature_map("IFM2", ifm2)
        self.set("IFM2_PRECISION", IFM_TYPES[ifm2.dtype] | ifm2.bricks << 6)
        self.set("IFM2_BROADCAST", broadcast)

    def output(
        self,
        ofm: FeatureMap,
        *,
        scale: tuple[int, int] = (1, 0),
        rounding: str = "tfl",
        tiles: Sequence[int] | None = None,
    ) -> None:
        """OFM with one scale for all channels and no clamp beyond its type."""
        self.feature_map("OFM", ofm, tiles)
        self.set("OFM_PRECISION", OFM_TYPES[ofm.dtype] | ofm.bricks << 6 | 1 << 8 | ROUNDINGS[rounding] << 14)
        self.set_wide("OFM_SCALE", *scale)
        limits = np.iinfo(ofm.dtype)
        self.set("ACTIVATION", 0)
        self.set("ACTIVATION_MIN", max(limits.min, -32768))
        self.set("ACTIVATION_MAX", min(limits.max, 65535))

    def to_bytes(self) -> bytes:
        """The stream with its end."""
        return struct.pack(f"<{len(self.words) + 1}I", *self.words, 0xFFFF0000)


def clamp(values: NDArray[np.int64], dtype: str) -> NDArray[np.int64]:
    """Into the range of a type."""
    limits = np.iinfo(dtype)
    return np.clip(values, limits.min, limits.max)

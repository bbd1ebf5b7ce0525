"""What every packer returns: the call of one kernel with its constants, as data for the C emitter."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np
from numpy.typing import ArrayLike, NDArray

C_TYPES: Mapping[str, str] = {
    name: f"{name}_t" for name in ("int8", "uint8", "int16", "uint16", "int32", "uint32", "int64")
}


class KernelVariant(StrEnum):
    """Instruction set that a kernel is written for; values as ``kernel_variant`` in board.toml."""

    REF = "ref"
    DSP = "dsp"
    MVE = "mve"


@dataclass(frozen=True, eq=False)
class PackedArray:
    """One constant array in C.

    Attributes:
        suffix: what the array holds, to be appended to the operator's name (``weights``, ``packed`` …).
        data: the elements in memory order, one dimension; int8, int32 or uint32.
        alignment: bytes.
    """

    suffix: str
    data: NDArray[np.generic]
    alignment: int

    @property
    def c_type(self) -> str:
        """Element type in C."""
        return C_TYPES[self.data.dtype.name]


@dataclass(frozen=True)
class PackedOperator:
    """A call of one kernel.

    Attributes:
        kernel: the C function.
        params_type: C struct of its first argument.
        scalars: integer fields of the struct, in order of declaration.
        arrays: the constant arrays, by struct field, in order of declaration (after the scalars).
        scratch_bytes: size of the scratch argument; 0 = pass NULL.
        uses: kernels that this one calls.
    """

    kernel: str
    params_type: str
    scalars: Mapping[str, int]
    arrays: Mapping[str, PackedArray] = field(default_factory=dict)
    scratch_bytes: int = 0
    uses: tuple[str, ...] = ()

    @property
    def source(self) -> str:
        """The file that defines the kernel, relative to ``firmware/runtime/``."""
        return f"kernels/{self.kernel}.c"

    @property
    def sources(self) -> list[str]:
        """That file and those of the kernels it calls."""
        return [self.source, *(f"kernels/{kernel}.c" for kernel in self.uses)]

    @property
    def constant_bytes(self) -> int:
        """Bytes of all constant arrays."""
        return sum(array.data.nbytes for array in self.arrays.values())


@dataclass(frozen=True)
class Requantization:
    """Rescaling of a whole tensor: Q0.31 multiplier, shift (left positive), zero point of the result."""

    multiplier: int
    shift: int
    zero_point: int = 0


def per_channel(values: ArrayLike, channels: int) -> NDArray[np.int64]:
    """A per-channel constant as int64[channels]; a single value counts for every channel."""
    return np.broadcast_to(np.asarray(values, np.int64), (channels,)).copy()


def plain_array(suffix: str, values: ArrayLike, dtype: type[np.generic]) -> PackedArray:
    """An array stored as it is, in C order and natural alignment."""
    data = np.ascontiguousarray(np.asarray(values).astype(dtype)).ravel()
    return PackedArray(suffix, data, data.dtype.itemsize)


def exp_table_array(exp_table: NDArray[np.int32]) -> PackedArray:
    """The 256 exponentials of one softmax (``skipstone.quantize.arithmetic.softmax.softmax_exp_table``)."""
    if exp_table.shape != (256,):
        raise ValueError(f"an exponential table has 256 entries, not shape {exp_table.shape}")
    return plain_array("exp_table", exp_table, np.int32)


def round_up(value: int, multiple: int) -> int:
    """Smallest multiple of ``multiple`` that is not below ``value``."""
    return -(-value // multiple) * multiple

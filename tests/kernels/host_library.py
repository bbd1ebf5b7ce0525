"""The portable kernels as a shared library of the host, called with what the packers return."""

from __future__ import annotations

import ctypes
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from case_program import RUNTIME, WARNINGS, KernelCase
from numpy.typing import NDArray
from skipstone.firmware.codegen.packing import PackedOperator


def params_struct(operator: PackedOperator) -> ctypes.Structure:
    """The parameter struct in memory: int32_t scalars, then pointers; ``layer.bias`` is a struct inside."""
    members: dict[str, tuple[type, int]] = {name: (ctypes.c_int32, v) for name, v in operator.scalars.items()}
    members |= {name: (ctypes.c_void_p, a.data.ctypes.data) for name, a in operator.arrays.items()}
    return _struct(members)


def _struct(members: dict[str, tuple[type, int]]) -> ctypes.Structure:
    """Structs inside come first, as in all parameters that have any."""
    inner: dict[str, dict[str, tuple[type, int]]] = {}
    for name, member in members.items():
        outer, dot, rest = name.partition(".")
        if dot:
            inner.setdefault(outer, {})[rest] = member
    values: dict[str, Any] = {name: _struct(parts) for name, parts in inner.items()}
    fields: list[tuple[str, type]] = [(name, type(value)) for name, value in values.items()]
    plain = {name: member for name, member in members.items() if "." not in name}
    fields += [(name, c_type) for name, (c_type, _) in plain.items()]
    struct: ctypes.Structure = type("Params", (ctypes.Structure,), {"_fields_": fields})()
    for name, value in (values | {name: value for name, (_, value) in plain.items()}).items():
        setattr(struct, name, value)
    return struct


def pointer(array: NDArray[np.int8]) -> ctypes.c_void_p:
    """Address of an array's elements."""
    return ctypes.c_void_p(array.ctypes.data)


class KernelLibrary:
    """Portable kernels built with the undefined-behaviour sanitizer, which reports on standard error."""

    def __init__(self, folder: Path) -> None:
        path = folder / "kernels.so"
        sources = sorted((RUNTIME / "kernels").glob("*_ref.c"))
        flags = ["-O1", "-shared", "-fPIC", "-fsanitize=undefined", f"-I{RUNTIME / 'include'}"]
        subprocess.run(["gcc", *WARNINGS, *flags, *map(str, sources), "-o", str(path)], check=True)
        self.library = ctypes.CDLL(str(path))

    def run(self, case: KernelCase) -> NDArray[np.int8]:
        """Output of one case, int8[n]."""
        struct = params_struct(case.operator)
        inputs: Sequence[NDArray[np.int8]] = [np.array(data, np.int8, order="C") for data in case.inputs]
        output = np.zeros(case.expected.size, np.int8) if case.in_place is None else inputs[case.in_place]
        scratch = np.zeros(max(1, case.operator.scratch_bytes), np.int8)
        integers = [ctypes.c_int32(value) for value in case.extra_arguments]
        function = getattr(self.library, case.operator.kernel)
        function.restype = None
        function(ctypes.byref(struct), *map(pointer, inputs), *integers, pointer(output), pointer(scratch))
        return output.ravel()

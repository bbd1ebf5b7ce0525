"""Inner functions of the model's C sources, from Python."""

from __future__ import annotations

import ctypes
from functools import cache

import numpy as np
from numpy.typing import NDArray
from skipstone.tools.virtual.npu.build import model_library

STATUS = ("ok", "short", "header", "value", "too many", "no memory")


class WeightList(ctypes.Structure):
    """npu_weight_list."""

    _fields_ = [("values", ctypes.POINTER(ctypes.c_int16)), ("count", ctypes.c_uint64)]


class WeightOrder(ctypes.Structure):
    """npu_weight_order."""

    _fields_ = [
        *((name, ctypes.c_uint32) for name in ("outputs", "inputs", "kernel_height", "kernel_width")),
        *((name, ctypes.c_uint32) for name in ("dilation_y", "dilation_x", "block_depth", "micro_depth")),
        *((name, ctypes.c_bool) for name in ("depthwise", "part_kernel_first", "wide")),
    ]


@cache
def library() -> ctypes.CDLL:
    """The compiled model with the result types of its inner functions."""
    loaded = ctypes.CDLL(str(model_library()))
    loaded.npu_scale.restype = loaded.npu_shift_right.restype = ctypes.c_int64
    loaded.npu_scale.argtypes = [ctypes.c_int64, ctypes.c_uint32, ctypes.c_uint32, ctypes.c_uint32]
    loaded.npu_shift_right.argtypes = [ctypes.c_int64, ctypes.c_uint32, ctypes.c_uint32]
    loaded.npu_weights_expected.restype = ctypes.c_uint64
    return loaded


def decode(stream: bytes, limit: int = 1 << 24) -> tuple[str, NDArray[np.int16]]:
    """Status and weights of a weight stream."""
    found = WeightList()
    status = library().npu_weights_decode(
        stream, ctypes.c_uint32(len(stream)), ctypes.c_uint64(limit), ctypes.byref(found)
    )
    values = (
        np.ctypeslib.as_array(found.values, (found.count,)).copy() if found.count else np.zeros(0, np.int16)
    )
    ctypes.CDLL(None).free(found.values)
    return STATUS[status], values


def arrange(order: WeightOrder, listed: NDArray[np.int16]) -> NDArray[np.int16]:
    """Weights as [output][kernel y][kernel x][input] from stream order."""
    shape = (order.outputs, order.kernel_height, order.kernel_width, order.inputs)
    weights = np.zeros(shape, np.int16)
    listed = np.ascontiguousarray(listed, np.int16)
    library().npu_weights_arrange(
        ctypes.byref(order), listed.ctypes.data_as(ctypes.c_void_p), weights.ctypes.data_as(ctypes.c_void_p)
    )
    return weights

"""GATHER: entries of one axis by int32 index, constant or computed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from skipstone.quantize.integer.errors import IntegerModelError
from skipstone.quantize.integer.node import Kernel, Node, require
from skipstone.quantize.tflite.options import GatherOptions


def prepare(node: Node) -> Kernel:
    """TFLM ``gather.cc``: bytes are copied as they are. TFLM does not check the indices; here they are."""
    options = node.options(GatherOptions)
    x, indices, output = node.input(0), node.input(1), node.output
    rank = len(x.shape)
    require(-rank <= options.axis < rank, f"axis {options.axis} of {x}")
    axis = options.axis % rank
    require(options.batch_dims == 0, f"batch_dims {options.batch_dims}")
    require(indices.dtype == "int32", f"indices {indices} are not int32")
    require(x.dtype != "int16", "int16, which TFLM's GATHER does not have")
    require(x.dtype == output.dtype, f"{x} cannot become {output}")
    expected = (*x.shape[:axis], *indices.shape, *x.shape[axis + 1 :])
    require(output.shape == expected, f"output shape {output.shape}, not {expected}")
    entries = x.shape[axis]

    def run(inputs: Sequence[Any]) -> Sequence[Any]:
        places = inputs[1]
        if not np.all((places >= 0) & (places < entries)):
            raise IntegerModelError(
                f"GATHER '{output.name}': indices {places.ravel().tolist()} of {entries} entries",
                f"pass indices 0 … {entries - 1}",
            )
        return (np.take(inputs[0], places.reshape(indices.shape), axis),)

    return run

"""GATHER: entries of one axis by int32 index, constant or computed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from skipstone.quantize.arithmetic.shapes import gathered
from skipstone.quantize.integer.errors import IntegerModelError
from skipstone.quantize.integer.node import Kernel, Node, require
from skipstone.quantize.tflite.options import GatherOptions


def prepare(node: Node) -> Kernel:
    """TFLM ``gather.cc``: bytes are copied as they are. TFLM does not check the indices; here they are."""
    options = node.options(GatherOptions)
    x, indices, output = node.input(0), node.input(1), node.output
    require(options.batch_dims == 0, f"batch_dims {options.batch_dims}")
    require(indices.dtype == "int32", f"indices {indices} are not int32")
    require(x.dtype != "int16", "int16, which TFLM's GATHER does not have")
    require(x.dtype == output.dtype, f"{x} cannot become {output}")
    axis = options.axis
    expected = gathered(x.shape, indices.shape, axis)
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

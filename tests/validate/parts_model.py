"""A model of one operator that has several outputs, each of which counts."""

from __future__ import annotations

import numpy as np
from branch_parts import SHAPE, SIZE, model_of
from model_parts import finish, int32
from skipstone.quantize.tflite.options import PackOptions, ReshapeOptions, SplitOptions

PARTS = 3


def parts_model(operator: str) -> bytes:
    """SPLIT or UNPACK of int8 [6, 3] into its columns, a layer on each, a sum."""
    writer, (main,) = model_of("parts", np.random.default_rng(2))
    graph = main.graph
    source = graph.input("x", (SIZE, PARTS), **main.quantization)
    if operator == "SPLIT":
        parts = [main.tensor(f"part{i}", (SIZE, 1)) for i in range(PARTS)]
        graph.operator("SPLIT", [int32(graph, "axis", [1]), source], parts, SplitOptions(PARTS))
    else:
        parts = [main.tensor(f"part{i}", (SIZE,)) for i in range(PARTS)]
        graph.operator("UNPACK", [source], parts, PackOptions(PARTS, 1))
    layers = []
    for index, part in enumerate(parts):
        row = main.tensor(f"row{index}")
        graph.operator("RESHAPE", [part, int32(graph, "shape", list(SHAPE))], [row], ReshapeOptions(SHAPE))
        layers.append(main.layer(f"layer{index}", row))
    return finish(writer, graph, main.add("end", main.add("sum", layers[0], layers[1]), layers[2]))

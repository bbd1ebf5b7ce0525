"""Small models for the benchmark's firmware, with random weights."""

from __future__ import annotations

import numpy as np
from skipstone.quantize.convert.network import convert
from skipstone.quantize.convert.random_checkpoint import random_checkpoint
from skipstone.quantize.tflite.options import FullyConnectedOptions
from skipstone.quantize.tflite.writer import ModelWriter

SMALL = {"d_model": 16, "layers": 1, "heads": 2, "head_dim": 8, "positions": 4, "ffn": 24, "vocabulary": 5}


def fully_connected_keywords(is_unsigned: bool = False, scale: float = 0.11) -> bytes:
    """One step [1, 49, 10] → 12 classes, int8, or uint8 by a QUANTIZE at the end."""
    rng = np.random.default_rng(4)
    writer = ModelWriter("keywords")
    graph = writer.subgraph("main")
    x = graph.input("features", (1, 490), scale=0.06, zero_point=83)
    for name, size, depth, output_scale in (("hidden", 24, 490, 0.04), ("head", 12, 24, scale)):
        input_scale = 0.06 if name == "hidden" else 0.04
        weight_scale = np.full(size, output_scale * 3 / (input_scale * 127 * np.sqrt(depth)), np.float32)
        weights = graph.tensor(
            f"{name}/w", (size, depth), scale=weight_scale, data=rng.integers(-127, 128, (size, depth))
        )
        bias_scale = weight_scale * np.float32(input_scale)
        bias = graph.tensor(
            f"{name}/b", (size,), "int32", scale=bias_scale, data=rng.integers(-900, 900, size)
        )
        y = graph.tensor(name, (1, size), scale=output_scale, zero_point=-7)
        graph.operator("FULLY_CONNECTED", [x, weights, bias], [y], FullyConnectedOptions("none"))
        x = y
    if is_unsigned:
        y = graph.tensor("unsigned", (1, 12), "uint8", scale=scale, zero_point=121)
        graph.operator("QUANTIZE", [x], [y])
    graph.set_outputs(y)
    return writer.to_bytes()


def streaming(head: str = "ctc") -> bytes:
    """The shipped architecture, small: gated blocks, states, 160 features a step."""
    return convert(random_checkpoint(1, **SMALL, head=head))

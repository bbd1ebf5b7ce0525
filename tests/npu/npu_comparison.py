"""The model of the NPU against stock TFLM."""

from __future__ import annotations

import numpy as np
from model_parts import random_values
from npu_vela import compiled
from numpy.typing import NDArray
from skipstone.quantize.evaluation.tflm import TflmRunner
from skipstone.tools.virtual.npu.model import run_compiled

DIFFERENCES: dict[str, tuple[int, str]] = {
    "leaky_relu_int16": (1, "vela compiles the slopes to 15 bits, TFLM multiplies with 31"),
    "mul_int16": (1, "vela compiles a multiplier of 15 bits, TFLM multiplies with 31"),
    "sum": (1, "TFLM's kernel is not the rounded sum; the NPU's is"),
}
"""Models whose bytes may differ, by how much, and why. Every other model must be equal."""

DIFFERENCES_OF_THE_OLDER_CORE: dict[str, tuple[int, str]] = {
    "conv_2d_int16": (1, "with an int32 bias TFLM rounds twice, the stream of vela's older core once"),
}
"""The same for streams of vela's deprecated core."""


def outputs(
    model: bytes, accelerator: str, seed: int, steps: int = 2, *, older_core: bool = False
) -> list[tuple[NDArray[np.generic], NDArray[np.generic]]]:
    """``(NPU, TFLM)`` of every output of a few runs on random inputs."""
    job, tflm, rng = (
        compiled(model, accelerator, older_core=older_core),
        TflmRunner(model),
        np.random.default_rng(seed),
    )
    graph = tflm.model.main
    pairs = []
    for _ in range(steps):
        inputs = [random_values(rng, graph.tensors[index]) for index in graph.inputs]
        theirs = tflm.step(*inputs)
        run = run_compiled(job, inputs)
        assert run.counts.unordered == 0, "a wait is missing"
        pairs += [
            (mine.view(other.dtype), other.ravel()) for mine, other in zip(run.outputs, theirs, strict=True)
        ]
    return pairs


def largest_difference(pairs: list[tuple[NDArray[np.generic], NDArray[np.generic]]]) -> int:
    """Over all outputs, in units of the output's type."""
    return max(int(np.abs(a.astype(np.int64) - b.astype(np.int64)).max(initial=0)) for a, b in pairs)

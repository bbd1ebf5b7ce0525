"""Instructions that TFLM with CMSIS-NN needs at least for one step of a model: an estimate from its kernels.

Counted are the kernels of fully connected, convolution at one position, depthwise, addition, softmax and
batch matrix multiplication, each as measured at its own shape (or recorded, and scaled by the elements). Not
counted, so that the estimate is a lower bound: interpreter, IF, variables, slices, concatenations,
transposes.
"""

from __future__ import annotations

import shutil
import tempfile
from collections import Counter
from pathlib import Path

import numpy as np
from case_program import Target
from cmsis_nn import CLANG, RECORDED, CmsisCase, depthwise, fully_connected, measure, pointwise
from skipstone.quantize.tflite.model import Model, Operator, Subgraph

Key = tuple[str, int, int]


def tflm_instructions(model: Model, core: str, target: Target) -> int:
    """Instructions of one step with every branch taken, smaller of gcc and clang for each kernel."""
    needed: Counter[Key] = Counter()
    elements: Counter[str] = Counter()
    for graph in model.subgraphs:
        for operator in graph.operators:
            _count(graph, operator, needed, elements)
    rng = np.random.default_rng(1)
    makers = {"fully_connected": fully_connected, "pointwise": pointwise, "depthwise": depthwise}
    keys = sorted(needed)
    cases = [makers[kind](rng, a, b) for kind, a, b in keys]
    counts = _fewest(cases, core, target)
    total = sum(needed[key] * count for key, count in zip(keys, counts, strict=True))
    for kernel, shape in (("add_s8", "144"), ("softmax_s8", "32")):
        total += round(RECORDED[(core, kernel, shape)] / int(shape) * elements[kernel])
    return total


def _fewest(cases: list[CmsisCase], core: str, target: Target) -> list[int]:
    both = [False, True] if core == "m55" and shutil.which(CLANG) else [False]
    runs = []
    for is_clang in both if cases else ():
        with tempfile.TemporaryDirectory() as folder:
            runs.append(measure(cases, target, Path(folder), is_clang))
    fewest = [min(counts) for counts in zip(*runs, strict=True)]
    return [
        min(count, RECORDED.get((core, case.kernel, case.shape), count))
        for case, count in zip(cases, fewest, strict=True)
    ]


def _count(graph: Subgraph, operator: Operator, needed: Counter[Key], elements: Counter[str]) -> None:
    shapes = [graph.tensors[i].shape for i in operator.inputs if i >= 0]
    output = graph.tensors[operator.outputs[0]].shape if operator.outputs else ()
    name = operator.name
    if name == "FULLY_CONNECTED":
        outputs, inputs = shapes[1]
        needed["fully_connected", inputs, outputs] += 1
    elif name == "CONV_2D":
        outputs, height, width, inputs = shapes[1]
        positions = output[1] * output[2]
        needed["pointwise", height * width * inputs, outputs] += positions
    elif name == "DEPTHWISE_CONV_2D":
        _, height, width, channels = shapes[1]
        needed["depthwise", height * width, channels] += output[1] * output[2]
    elif name == "BATCH_MATMUL":
        depth = shapes[0][-1]
        needed["fully_connected", depth, output[-1]] += int(np.prod(output[:-1]))
    elif name == "ADD":
        elements["add_s8"] += int(np.prod(output))
    elif name == "SOFTMAX":
        elements["softmax_s8"] += int(np.prod(output))

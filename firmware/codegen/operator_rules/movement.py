"""Operators that only move bytes."""

from __future__ import annotations

from functools import partial

import numpy as np
from skipstone.firmware.codegen.errors import Findings
from skipstone.firmware.codegen.graph import Graph, Node
from skipstone.firmware.codegen.lowering.placement import Placement
from skipstone.firmware.codegen.operator_rules.rule import Rule, check_constant, have_equal_quantization
from skipstone.firmware.codegen.packing.elementwise_int16 import pack_fill_int16
from skipstone.firmware.codegen.program import Fill, KernelCall, Operation, Span
from skipstone.firmware.codegen.rewrites.views import apply_view, source_of


def _check_view(node: Node, findings: Findings) -> None:
    constants = [position for position, value in enumerate(node.inputs) if value is not source_of(node)]
    if not all(
        check_constant(node, p, "its shape, axis, permutation, begin, size or indices", findings)
        for p in constants
    ):
        return
    source = source_of(node)
    if any(value.dtype != source.dtype for value in node.outputs):
        findings.add(str(node), f"it turns {source.dtype} into another type", "use QUANTIZE")
        return
    numbers = np.arange(source.elements).reshape(source.shape)
    try:
        fits = all(apply_view(node, numbers, i).shape == v.shape for i, v in enumerate(node.outputs))
    except (ValueError, IndexError, TypeError):
        fits = False
    if not fits:
        findings.add(
            str(node), f"it does not turn {list(source.shape)} into its output", "convert the model again"
        )


def _check_join(node: Node, findings: Findings) -> None:
    if node.kind == "CONCATENATION" and node.options.activation != "none":
        findings.add(
            str(node), f"fused activation {node.options.activation}", "fuse it into another operator"
        )
    shape = node.outputs[0].shape
    if not -len(shape) <= node.options.axis < len(shape):
        findings.add(str(node), f"axis {node.options.axis} of {list(shape)}", "convert the model again")
        return
    axis = node.options.axis % len(shape)
    if node.kind == "PACK":
        parts = [(*v.shape[:axis], 1, *v.shape[axis:]) for v in node.inputs]
    else:
        parts = [v.shape for v in node.inputs]
    outside = (*shape[:axis], *shape[axis + 1 :])
    fits = all(len(p) == len(shape) and (*p[:axis], *p[axis + 1 :]) == outside for p in parts)
    if not fits or sum(part[axis] for part in parts) != shape[axis]:
        findings.add(str(node), "parts that do not add up to its output", "convert the model again")
    for part in node.inputs:
        if part.dtype != node.outputs[0].dtype or not have_equal_quantization(part, node.outputs[0]):
            findings.add(str(node), "parts with different quantizations", "give all parts the output's scale")
            return


def _check_pad(node: Node, findings: Findings) -> None:
    source, output = node.inputs[0], node.outputs[0]
    values = [value for value in (*node.inputs[:1], *node.inputs[2:]) if value.dtype != output.dtype]
    if values:
        findings.add(str(node), f"a value of type {values[0].dtype}", f"use {output.dtype} throughout")
        return
    if not check_constant(node, 1, "its paddings", findings):
        return
    if len(node.inputs) > 2 and not check_constant(node, 2, "its value", findings):
        return
    widths = node.inputs[1].data
    assert widths is not None, "checked just now"
    fits = widths.size == 2 * len(source.shape) and bool((widths >= 0).all())
    shape = np.array(source.shape) + widths.reshape(-1, 2).sum(axis=1) if fits else []
    if list(shape) != list(output.shape):
        findings.add(str(node), f"paddings that do not give {list(output.shape)}", "convert the model again")


def _lower_pad(_graph: Graph, node: Node, placement: Placement) -> list[Operation]:
    """Fill the whole, then put the input in the middle."""
    source, output = node.inputs[0], node.outputs[0]
    widths = np.asarray(node.inputs[1].data, np.int64).reshape(-1, 2)
    value = output.quantization[1]
    if len(node.inputs) > 2 and node.inputs[2].data is not None:
        value = int(node.inputs[2].data.ravel()[0])
    whole = placement.home(output)
    numbers = np.arange(output.elements).reshape(output.shape)
    middle = numbers[tuple(slice(w[0], w[0] + n) for w, n in zip(widths, source.shape, strict=True))]
    fill: list[Operation] = []
    if source.elements < output.elements:
        fill = [_fill(node, whole, value)]
    return [*fill, *placement.place(source, whole, node, middle.ravel())]


def _fill(node: Node, whole: Span, value: int) -> Operation:
    """Bytes of one value, or int16 values whose two bytes differ."""
    output = node.outputs[0]
    if output.dtype != "int16" or value in (0, -1):
        return Fill(output.name, node.origin, whole, value)
    pack = partial(pack_fill_int16, output.elements, value)
    return KernelCall(output.name, node.origin, (), whole, pack)


def _check_gather(node: Node, findings: Findings) -> None:
    _check_view(node, findings)
    if node.inputs[0].dtype == "int16":
        findings.add(str(node), "int16, which TFLM's GATHER does not have", "gather int8 values")


_WHERE = "nothing; one copy where a kernel needs the bytes in one piece"
RESHAPE = Rule(_check_view, (1, 2), becomes="nothing", reference="`reshape.cc`")
SLICE = Rule(_check_view, (3, 3), becomes=_WHERE, reference="`reference_ops::Slice`")
STRIDED_SLICE = Rule(
    _check_view,
    (4, 4),
    becomes=_WHERE,
    reference="`reference_ops::StridedSlice`",
    limits="no ellipsis, no new axis",
)
TRANSPOSE = Rule(_check_view, (2, 2), becomes=_WHERE, reference="`reference_ops::Transpose`")
SPLIT = Rule(_check_view, (2, 2), (1, 1000), becomes=_WHERE, reference="`split.cc`")
SPLIT_V = Rule(_check_view, (3, 3), (1, 1000), becomes=_WHERE, reference="`split_v.cc`")
UNPACK = Rule(_check_view, (1, 1), (1, 1000), becomes=_WHERE, reference="`unpack.cc`")
GATHER = Rule(
    _check_gather,
    (2, 2),
    becomes=_WHERE,
    reference="`gather.cc`",
    limits="int8, constant indices, no batch dimensions",
)
CONCATENATION = Rule(
    _check_join,
    (1, 1000),
    becomes="a window of a state, or places in the arena that the parts "
    "are computed in; copies where that is not possible",
    reference="`reference_ops::Concatenation`",
    limits="one quantization, no fused activation",
)
PACK = Rule(_check_join, (1, 1000), becomes="as CONCATENATION", reference="`pack.cc`")
PAD = Rule(
    _check_pad,
    (2, 3),
    becomes="`memset` and a copy",
    kernels=("ss_fill_s16",),
    reference="`reference_ops::Pad`",
    lower=_lower_pad,
)

"""MEAN over one or two axes."""

from __future__ import annotations

from functools import partial

from skipstone.firmware.codegen.errors import Findings
from skipstone.firmware.codegen.graph import Graph, Node
from skipstone.firmware.codegen.lowering.placement import Placement
from skipstone.firmware.codegen.operations import KernelCall
from skipstone.firmware.codegen.operator_rules.families.checks import check_constant, check_one_type
from skipstone.firmware.codegen.packing.pooling import MeanShape, pack_mean
from skipstone.firmware.codegen.packing.pooling_int16 import LARGEST_COUNT, pack_mean_int16
from skipstone.firmware.codegen.rewrites.views import constant_numbers
from skipstone.firmware.codegen.rule import Rule
from skipstone.quantize.arithmetic import shapes
from skipstone.quantize.arithmetic.mean import mean_parameters
from skipstone.quantize.arithmetic.shapes import Shape


def _check(node: Node, findings: Findings) -> None:
    if not check_one_type(node, findings, [node.inputs[0], node.outputs[0]]):
        return
    if not check_constant(node, 1, "its axes", findings):
        return
    try:
        shape = _shape(node)
        if node.inputs[0].dtype == "int16" and shape.count > LARGEST_COUNT:
            raise ValueError(f"means of {shape.count} values")
    except ValueError as problem:
        findings.add(str(node), str(problem), "reduce one or two axes of at most four")


def _shape(node: Node) -> MeanShape:
    """TFLM keeps the resolved axes in an array of two and the index in one of four."""
    shape = node.inputs[0].shape
    data = node.inputs[1].data
    given = [int(axis) for axis in data.ravel()] if data is not None else []
    if len(shape) > 4 or not 1 <= len(given) <= 2 or not all(-len(shape) <= a < len(shape) for a in given):
        raise ValueError(f"axes {given} of {list(shape)}")
    axes = {axis % len(shape) for axis in given}
    return MeanShape.of(shape, axes)


def _shapes(node: Node) -> list[Shape]:
    return [shapes.reduced(node.inputs[0].shape, constant_numbers(node, 1), len(node.outputs[0].shape))]


def _lower(_graph: Graph, node: Node, placement: Placement) -> KernelCall:
    source, output = node.inputs[0], node.outputs[0]
    shape = _shape(node)
    parameters = mean_parameters(source.quantization, output.quantization, shape.count)
    pack = partial(pack_mean_int16 if output.dtype == "int16" else pack_mean, shape, parameters)
    return KernelCall(output.name, node.origin, (placement.span(source, node),), placement.home(output), pack)


RULE = Rule(
    _check,
    (2, 2),
    shapes=_shapes,
    becomes="kernel `mean`",
    kernels=("ss_mean_s8", "ss_mean_s16"),
    reference="`reference_ops::QuantizedMeanOrSum`",
    limits="one or two axes of at most four",
    lower=_lower,
)

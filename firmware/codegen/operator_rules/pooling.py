"""AVERAGE_POOL_2D, MAX_POOL_2D and MEAN."""

from __future__ import annotations

from functools import partial
from math import prod

from skipstone.firmware.codegen.errors import Findings
from skipstone.firmware.codegen.graph import Graph, Node
from skipstone.firmware.codegen.lowering.placement import Placement
from skipstone.firmware.codegen.operator_rules.rule import (
    Rule,
    check_activation,
    check_constant,
    check_one_type,
    have_equal_quantization,
)
from skipstone.firmware.codegen.packing.convolution import Geometry
from skipstone.firmware.codegen.packing.pooling import MeanShape, pack_mean, pack_pool
from skipstone.firmware.codegen.packing.pooling_int16 import (
    LARGEST_COUNT,
    pack_mean_int16,
    pack_pool_int16,
)
from skipstone.firmware.codegen.program import KernelCall
from skipstone.quantize.arithmetic.fixed_point import activation_range
from skipstone.quantize.arithmetic.mean import mean_parameters
from skipstone.quantize.arithmetic.windows import window_positions


def _geometry(node: Node) -> Geometry:
    image, output, options = node.inputs[0], node.outputs[0], node.options
    if not len(image.shape) == len(output.shape) == 4:
        raise ValueError("an operand is not of rank 4")
    axes = [
        window_positions(image.shape[1 + i], options.window[i], options.stride[i], 1, options.padding)
        for i in range(2)
    ]
    if output.shape != (image.shape[0], axes[0][0], axes[1][0], image.shape[3]):
        raise ValueError(
            f"its windows give {[axis[0] for axis in axes]}, its output has {list(output.shape)}"
        )
    return Geometry(
        batches=image.shape[0],
        image=(image.shape[1], image.shape[2]),
        channels=image.shape[3],
        kernel=options.window,
        stride=options.stride,
        dilation=(1, 1),
        padding=(axes[0][1][0], axes[1][1][0]),
        output=(axes[0][0], axes[1][0]),
    )


def _check_pool(node: Node, findings: Findings) -> None:
    check_activation(node, findings)
    if not check_one_type(node, findings):
        return
    if not have_equal_quantization(node.inputs[0], node.outputs[0]):
        findings.add(
            str(node), "input and output quantized differently", "quantize both alike, as TFLM needs"
        )
    try:
        geometry = _geometry(node)
        if node.inputs[0].dtype == "int16" and prod(geometry.kernel) > LARGEST_COUNT:
            raise ValueError(f"windows of {prod(geometry.kernel)} values")
    except ValueError as problem:
        findings.add(str(node), str(problem), "convert the model again")


def _lower_pool(_graph: Graph, node: Node, placement: Placement) -> KernelCall:
    output = node.outputs[0]
    low, high = activation_range(node.options.activation, *output.quantization, output.dtype)
    make = pack_pool_int16 if output.dtype == "int16" else pack_pool
    pack = partial(make, _geometry(node), node.kind == "MAX_POOL_2D", (low, high))
    span = placement.span(node.inputs[0], node)
    return KernelCall(output.name, node.origin, (span,), placement.home(output), pack)


def _mean_shape(node: Node) -> MeanShape:
    """TFLM keeps the resolved axes in an array of two and the index in one of four."""
    shape = node.inputs[0].shape
    data = node.inputs[1].data
    given = [int(axis) for axis in data.ravel()] if data is not None else []
    if len(shape) > 4 or not 1 <= len(given) <= 2 or not all(-len(shape) <= a < len(shape) for a in given):
        raise ValueError(f"axes {given} of {list(shape)}")
    axes = {axis % len(shape) for axis in given}
    kept = [1 if axis in axes else size for axis, size in enumerate(shape)]
    dropped = [size for axis, size in enumerate(shape) if axis not in axes]
    if list(node.outputs[0].shape) not in (kept, dropped):
        raise ValueError(f"output {list(node.outputs[0].shape)} of {list(shape)} over axes {given}")
    return MeanShape.of(shape, axes)


def _check_mean(node: Node, findings: Findings) -> None:
    if not check_one_type(node, findings, [node.inputs[0], node.outputs[0]]):
        return
    if not check_constant(node, 1, "its axes", findings):
        return
    try:
        shape = _mean_shape(node)
        if node.inputs[0].dtype == "int16" and shape.count > LARGEST_COUNT:
            raise ValueError(f"means of {shape.count} values")
    except ValueError as problem:
        findings.add(str(node), str(problem), "reduce one or two axes of at most four")


def _lower_mean(_graph: Graph, node: Node, placement: Placement) -> KernelCall:
    source, output = node.inputs[0], node.outputs[0]
    shape = _mean_shape(node)
    parameters = mean_parameters(source.quantization, output.quantization, shape.count)
    pack = partial(pack_mean_int16 if output.dtype == "int16" else pack_mean, shape, parameters)
    return KernelCall(output.name, node.origin, (placement.span(source, node),), placement.home(output), pack)


def _pool_rule(name: str, reference: str) -> Rule:
    return Rule(
        _check_pool,
        (1, 1),
        becomes=f"kernel `{name}`",
        kernels=(f"ss_{name}_s8", f"ss_{name}_s16"),
        reference=reference,
        lower=_lower_pool,
    )


AVERAGE_POOL_2D = _pool_rule("average_pool", "`reference_integer_ops::AveragePool`")
MAX_POOL_2D = _pool_rule("max_pool", "`reference_integer_ops::MaxPool`")
MEAN = Rule(
    _check_mean,
    (2, 2),
    becomes="kernel `mean`",
    kernels=("ss_mean_s8", "ss_mean_s16"),
    reference="`reference_ops::QuantizedMeanOrSum`",
    limits="one or two axes of at most four",
    lower=_lower_mean,
)

"""What AVERAGE_POOL_2D and MAX_POOL_2D share."""

from __future__ import annotations

from functools import partial
from math import prod

from skipstone.firmware.codegen.errors import Findings
from skipstone.firmware.codegen.graph import Graph, Node
from skipstone.firmware.codegen.lowering.placement import Placement
from skipstone.firmware.codegen.operations import KernelCall
from skipstone.firmware.codegen.operator_rules.families.checks import (
    check_activation,
    check_one_type,
    have_equal_quantization,
)
from skipstone.firmware.codegen.packing.convolution import Geometry
from skipstone.firmware.codegen.packing.pooling import pack_pool
from skipstone.firmware.codegen.packing.pooling_int16 import LARGEST_COUNT, pack_pool_int16
from skipstone.firmware.codegen.rule import Rule
from skipstone.quantize.arithmetic import shapes
from skipstone.quantize.arithmetic.fixed_point import activation_range
from skipstone.quantize.arithmetic.shapes import Shape
from skipstone.quantize.arithmetic.windows import window_positions


def geometry_of(node: Node) -> Geometry:
    """How the windows lie in the input."""
    image, options = node.inputs[0], node.options
    axes = [
        window_positions(image.shape[1 + i], options.window[i], options.stride[i], 1, options.padding)
        for i in range(2)
    ]
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


def check_pool(node: Node, findings: Findings) -> None:
    """Types and the size of a window."""
    check_activation(node, findings)
    if not check_one_type(node, findings):
        return
    if not have_equal_quantization(node.inputs[0], node.outputs[0]):
        findings.add(
            str(node), "input and output quantized differently", "quantize both alike, as TFLM needs"
        )
    window = prod(node.options.window)
    if node.inputs[0].dtype == "int16" and window > LARGEST_COUNT:
        findings.add(str(node), f"windows of {window} values", f"pool at most {LARGEST_COUNT}")


def pool_shapes(node: Node) -> list[Shape]:
    """One position a window."""
    image, options = node.inputs[0].shape, node.options
    rows, columns = shapes.windows(image, options.window, options.stride, (1, 1), options.padding)
    return [(image[0], rows, columns, image[3])]


def lower_pool(_graph: Graph, node: Node, placement: Placement) -> KernelCall:
    """The call of the kernel for the node's kind."""
    output = node.outputs[0]
    low, high = activation_range(node.options.activation, *output.quantization, output.dtype)
    make = pack_pool_int16 if output.dtype == "int16" else pack_pool
    pack = partial(make, geometry_of(node), node.kind == "MAX_POOL_2D", (low, high))
    span = placement.span(node.inputs[0], node)
    return KernelCall(output.name, node.origin, (span,), placement.home(output), pack)


def pool_rule(kernel: str, reference: str) -> Rule:
    """The declaration of an operator of this family."""
    return Rule(
        check_pool,
        (1, 1),
        shapes=pool_shapes,
        becomes=f"kernel `{kernel}`",
        kernels=(f"ss_{kernel}_s8", f"ss_{kernel}_s16"),
        reference=reference,
        lower=lower_pool,
    )

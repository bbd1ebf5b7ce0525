"""What AVERAGE_POOL_2D and MAX_POOL_2D share."""

from __future__ import annotations

from functools import partial
from math import prod

from skipstone.firmware.codegen.errors import Findings
from skipstone.firmware.codegen.graph import Graph, Node
from skipstone.firmware.codegen.lowering.placement import Placement
from skipstone.firmware.codegen.operator_rules.families.checks import (
    check_activation,
    check_one_type,
    have_equal_quantization,
)
from skipstone.firmware.codegen.packing.convolution import Geometry
from skipstone.firmware.codegen.packing.pooling import pack_pool
from skipstone.firmware.codegen.packing.pooling_int16 import LARGEST_COUNT, pack_pool_int16
from skipstone.firmware.codegen.program import KernelCall
from skipstone.firmware.codegen.rule import Rule
from skipstone.quantize.arithmetic.fixed_point import activation_range
from skipstone.quantize.arithmetic.windows import window_positions


def geometry_of(node: Node) -> Geometry:
    """How the windows lie in the input.

    Raises:
        ValueError: shapes that do not fit each other.
    """
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


def check_pool(node: Node, findings: Findings) -> None:
    """Types, shapes and the size of a window."""
    check_activation(node, findings)
    if not check_one_type(node, findings):
        return
    if not have_equal_quantization(node.inputs[0], node.outputs[0]):
        findings.add(
            str(node), "input and output quantized differently", "quantize both alike, as TFLM needs"
        )
    try:
        geometry = geometry_of(node)
        if node.inputs[0].dtype == "int16" and prod(geometry.kernel) > LARGEST_COUNT:
            raise ValueError(f"windows of {prod(geometry.kernel)} values")
    except ValueError as problem:
        findings.add(str(node), str(problem), "convert the model again")


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
        becomes=f"kernel `{kernel}`",
        kernels=(f"ss_{kernel}_s8", f"ss_{kernel}_s16"),
        reference=reference,
        lower=lower_pool,
    )

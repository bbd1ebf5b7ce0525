"""BATCH_MATMUL; over two states it becomes attention (``rewrites/attention.py``)."""

from __future__ import annotations

from functools import partial
from math import prod

from skipstone.firmware.codegen.errors import Findings
from skipstone.firmware.codegen.graph import Graph, Node
from skipstone.firmware.codegen.lowering.layer_parameters import scalar
from skipstone.firmware.codegen.lowering.placement import Placement
from skipstone.firmware.codegen.operations import KernelCall
from skipstone.firmware.codegen.operator_rules.families.checks import check_one_type
from skipstone.firmware.codegen.packing.batch_matmul import BatchMatmulShape, pack_batch_matmul
from skipstone.firmware.codegen.packing.layers_int16 import pack_batch_matmul_int16, widened
from skipstone.firmware.codegen.packing.operator import Requantization
from skipstone.firmware.codegen.rule import Rule
from skipstone.quantize.arithmetic import shapes
from skipstone.quantize.arithmetic.fixed_point import product_multiplier
from skipstone.quantize.arithmetic.shapes import Shape


def _check(node: Node, findings: Findings) -> None:
    if not check_one_type(node, findings):
        return
    outer = [list(value.shape[:-2]) for value in node.inputs]
    if outer[0] != outer[1]:
        findings.add(
            str(node), f"leading axes {outer[0]} and {outer[1]}", "give both operands the same leading axes"
        )


def _shapes(node: Node) -> list[Shape]:
    a, b = (value.shape for value in node.inputs)
    return [shapes.matrix_product(a, b, node.options.adj_x, node.options.adj_y)]


def _lower(_graph: Graph, node: Node, placement: Placement) -> KernelCall:
    left, right = node.inputs
    output, shape = node.outputs[0], _shape(node)
    scales = left.quantization[0], right.quantization[0], output.quantization[0]
    multiplier, shift = product_multiplier(*scales)
    spans = placement.span(left, node), placement.span(right, node)
    macs = shape.batches * shape.rows * shape.depth * shape.columns
    if output.dtype == "int16":
        rescaling = widened(scalar((multiplier, shift), 0))
        pack_int16 = partial(pack_batch_matmul_int16, shape, rescaling)
        return KernelCall(output.name, node.origin, spans, placement.home(output), pack_int16, macs)
    requantization = Requantization(multiplier, shift, output.quantization[1])
    pack = partial(pack_batch_matmul, shape, left.quantization[1], right.quantization[1], requantization)
    return KernelCall(output.name, node.origin, spans, placement.home(output), pack, macs)


def _shape(node: Node) -> BatchMatmulShape:
    """Rows and columns of both sides after adjoining, with the strides of contiguous operands."""
    (*outer, rows, depth), (*_, inner, columns) = node.inputs[0].shape, node.inputs[1].shape
    lhs, rhs = (depth, 1), (columns, 1)
    if node.options.adj_x:
        rows, depth, lhs = depth, rows, (1, depth)
    if node.options.adj_y:
        columns, rhs = inner, (1, columns)
    return BatchMatmulShape(
        prod(outer),
        rows,
        depth,
        columns,
        (rows * depth, *lhs),
        (depth * columns, *rhs),
    )


RULE = Rule(
    _check,
    (2, 2),
    shapes=_shapes,
    becomes="part of kernel `attention` over two states, else kernel `batch_matmul`",
    kernels=("ss_attention_s8", "ss_batch_matmul_s8", "ss_batch_matmul_s16"),
    reference="`reference_ops::BatchMatMul`",
    limits="equal leading axes",
    lower=_lower,
)

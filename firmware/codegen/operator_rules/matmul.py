"""BATCH_MATMUL and SOFTMAX on their own; over two states they become attention."""

from __future__ import annotations

from functools import partial
from math import prod

from skipstone.firmware.codegen.errors import Findings
from skipstone.firmware.codegen.graph import Graph, Node
from skipstone.firmware.codegen.lowering.placement import Placement
from skipstone.firmware.codegen.operator_rules.rule import Rule, check_int8, check_same_shape
from skipstone.firmware.codegen.packing.batch_matmul import BatchMatmulShape, pack_batch_matmul
from skipstone.firmware.codegen.packing.operator import Requantization
from skipstone.firmware.codegen.packing.softmax import MAX_SIZE, pack_softmax
from skipstone.firmware.codegen.program import KernelCall
from skipstone.quantize.arithmetic.fixed_point import product_multiplier
from skipstone.quantize.arithmetic.softmax import softmax_exp_table


def _shape(node: Node) -> BatchMatmulShape:
    """Rows and columns of both sides after adjoining, with the strides of contiguous operands."""
    (*outer, rows, depth), (*other, inner, columns) = node.inputs[0].shape, node.inputs[1].shape
    lhs, rhs = (depth, 1), (columns, 1)
    if node.options.adj_x:
        rows, depth, lhs = depth, rows, (1, depth)
    if node.options.adj_y:
        inner, columns, rhs = columns, inner, (1, columns)
    if depth != inner or outer != other or node.outputs[0].shape != (*outer, rows, columns):
        raise ValueError(f"shapes {list(node.inputs[0].shape)} and {list(node.inputs[1].shape)}")
    return BatchMatmulShape(
        prod(outer),
        rows,
        depth,
        columns,
        (rows * depth, *lhs),
        (depth * columns, *rhs),
    )


def _check_batch_matmul(node: Node, findings: Findings) -> None:
    if not check_int8(node, findings):
        return
    try:
        if min(len(value.shape) for value in node.inputs) < 2:
            raise ValueError("an operand that is no matrix")
        _shape(node)
    except ValueError as problem:
        findings.add(str(node), str(problem), "give both operands the same leading axes")


def _lower_batch_matmul(_graph: Graph, node: Node, placement: Placement) -> KernelCall:
    left, right = node.inputs
    output, shape = node.outputs[0], _shape(node)
    scales = left.quantization[0], right.quantization[0], output.quantization[0]
    multiplier, shift = product_multiplier(*scales)
    requantization = Requantization(multiplier, shift, output.quantization[1])
    pack = partial(pack_batch_matmul, shape, left.quantization[1], right.quantization[1], requantization)
    spans = placement.span(left, node), placement.span(right, node)
    macs = shape.batches * shape.rows * shape.depth * shape.columns
    return KernelCall(output.name, node.origin, spans, placement.home(output), pack, macs)


def _check_softmax(node: Node, findings: Findings) -> None:
    output = node.outputs[0]
    if not (check_int8(node, findings) and check_same_shape(node, findings)):
        return
    if output.quantization != (1 / 256, -128):
        findings.add(
            str(node), f"output quantization {output.quantization}", "use scale 1/256, zero point -128"
        )
    if not node.inputs[0].shape:
        findings.add(str(node), "input without axes", "give the input at least one axis")
    elif node.inputs[0].shape[-1] > MAX_SIZE:
        findings.add(str(node), f"{node.inputs[0].shape[-1]} positions", f"use at most {MAX_SIZE}")


def _lower_softmax(_graph: Graph, node: Node, placement: Placement) -> KernelCall:
    source, output = node.inputs[0], node.outputs[0]
    size = source.shape[-1]
    table = softmax_exp_table(node.options.beta, source.quantization[0])
    pack = partial(pack_softmax, source.elements // size, size, table)
    return KernelCall(output.name, node.origin, (placement.span(source, node),), placement.home(output), pack)


BATCH_MATMUL = Rule(
    _check_batch_matmul,
    (2, 2),
    becomes="part of kernel `attention` over two states, else kernel `batch_matmul`",
    kernels=("ss_attention_s8", "ss_batch_matmul_s8"),
    reference="`reference_ops::BatchMatMul`",
    limits="equal leading axes",
    lower=_lower_batch_matmul,
)
SOFTMAX = Rule(
    _check_softmax,
    (1, 1),
    becomes="part of kernel `attention` over two states, else kernel `softmax`",
    kernels=("ss_attention_s8", "ss_softmax_s8"),
    reference="`reference_ops::Softmax`",
    limits=f"at most {MAX_SIZE} positions",
    in_place=True,
    lower=_lower_softmax,
)

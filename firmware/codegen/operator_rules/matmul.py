"""BATCH_MATMUL and SOFTMAX on their own; over two states they become attention."""

from __future__ import annotations

from functools import partial
from math import prod

from skipstone.firmware.codegen.errors import Findings
from skipstone.firmware.codegen.graph import Graph, Node
from skipstone.firmware.codegen.lowering import operators
from skipstone.firmware.codegen.lowering.placement import Placement
from skipstone.firmware.codegen.operator_rules.rule import Rule, check_one_type, check_same_shape
from skipstone.firmware.codegen.packing.batch_matmul import BatchMatmulShape, pack_batch_matmul
from skipstone.firmware.codegen.packing.elementwise_int16 import pack_softmax_int16
from skipstone.firmware.codegen.packing.layers_int16 import pack_batch_matmul_int16, widened
from skipstone.firmware.codegen.packing.operator import Requantization
from skipstone.firmware.codegen.packing.softmax import MAX_SIZE, pack_softmax
from skipstone.firmware.codegen.program import KernelCall
from skipstone.quantize.arithmetic.fixed_point import product_multiplier
from skipstone.quantize.arithmetic.softmax import softmax_exp_table
from skipstone.quantize.arithmetic.softmax16 import LARGEST_ROW as LARGEST_ROW_16
from skipstone.quantize.arithmetic.softmax16 import OUTPUT_SCALE, softmax16_multiplier


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
    if not check_one_type(node, findings):
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
    spans = placement.span(left, node), placement.span(right, node)
    macs = shape.batches * shape.rows * shape.depth * shape.columns
    if output.dtype == "int16":
        rescaling = widened(operators.scalar((multiplier, shift), 0))
        pack_int16 = partial(pack_batch_matmul_int16, shape, rescaling)
        return KernelCall(output.name, node.origin, spans, placement.home(output), pack_int16, macs)
    requantization = Requantization(multiplier, shift, output.quantization[1])
    pack = partial(pack_batch_matmul, shape, left.quantization[1], right.quantization[1], requantization)
    return KernelCall(output.name, node.origin, spans, placement.home(output), pack, macs)


def _check_softmax(node: Node, findings: Findings) -> None:
    output = node.outputs[0]
    if not (check_one_type(node, findings) and check_same_shape(node, findings)):
        return
    is_int8 = output.dtype == "int8"
    scale, zero_point = (1 / 256, -128) if is_int8 else (OUTPUT_SCALE, 0)
    if output.quantization != (scale, zero_point):
        remedy = f"use scale 1/{round(1 / scale)}, zero point {zero_point}"
        findings.add(str(node), f"output quantization {output.quantization}", remedy)
    if not node.inputs[0].shape:
        findings.add(str(node), "input without axes", "give the input at least one axis")
    elif node.inputs[0].shape[-1] > (MAX_SIZE if is_int8 else LARGEST_ROW_16):
        most = MAX_SIZE if is_int8 else LARGEST_ROW_16
        findings.add(str(node), f"{node.inputs[0].shape[-1]} positions", f"use at most {most}")


def _lower_softmax(_graph: Graph, node: Node, placement: Placement) -> KernelCall:
    source, output = node.inputs[0], node.outputs[0]
    size = source.shape[-1]
    span = placement.span(source, node)
    if output.dtype == "int16":
        factor = softmax16_multiplier(source.quantization[0], node.options.beta)
        pack_int16 = partial(pack_softmax_int16, source.elements // size, size, factor)
        return KernelCall(output.name, node.origin, (span,), placement.home(output), pack_int16)
    table = softmax_exp_table(node.options.beta, source.quantization[0])
    pack = partial(pack_softmax, source.elements // size, size, table)
    return KernelCall(output.name, node.origin, (span,), placement.home(output), pack)


BATCH_MATMUL = Rule(
    _check_batch_matmul,
    (2, 2),
    becomes="part of kernel `attention` over two states, else kernel `batch_matmul`",
    kernels=("ss_attention_s8", "ss_batch_matmul_s8", "ss_batch_matmul_s16"),
    reference="`reference_ops::BatchMatMul`",
    limits="equal leading axes",
    lower=_lower_batch_matmul,
)
SOFTMAX = Rule(
    _check_softmax,
    (1, 1),
    becomes="part of kernel `attention` over two states, else kernel `softmax`",
    kernels=("ss_attention_s8", "ss_softmax_s8", "ss_softmax_s16"),
    reference="`reference_ops::Softmax`",
    limits=f"at most {MAX_SIZE} positions of int8, {LARGEST_ROW_16} of int16",
    in_place=True,
    lower=_lower_softmax,
)

"""SOFTMAX; between two products over states it becomes part of attention (``rewrites/attention.py``)."""

from __future__ import annotations

from functools import partial

from skipstone.firmware.codegen.errors import Findings
from skipstone.firmware.codegen.graph import Graph, Node
from skipstone.firmware.codegen.lowering.placement import Placement
from skipstone.firmware.codegen.operations import KernelCall
from skipstone.firmware.codegen.operator_rules.families.checks import check_one_type, shape_of_input
from skipstone.firmware.codegen.packing.elementwise_int16 import pack_softmax_int16
from skipstone.firmware.codegen.packing.softmax import MAX_SIZE, pack_softmax
from skipstone.firmware.codegen.rule import Rule
from skipstone.quantize.arithmetic.softmax import softmax_exp_table
from skipstone.quantize.arithmetic.softmax16 import LARGEST_ROW as LARGEST_ROW_16
from skipstone.quantize.arithmetic.softmax16 import OUTPUT_SCALE, softmax16_multiplier


def _check(node: Node, findings: Findings) -> None:
    output = node.outputs[0]
    if not check_one_type(node, findings):
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


def _lower(_graph: Graph, node: Node, placement: Placement) -> KernelCall:
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


RULE = Rule(
    _check,
    (1, 1),
    shapes=shape_of_input,
    becomes="part of kernel `attention` over two states, else kernel `softmax`",
    kernels=("ss_attention_s8", "ss_softmax_s8", "ss_softmax_s16"),
    reference="`reference_ops::Softmax`",
    limits=f"at most {MAX_SIZE} positions of int8, {LARGEST_ROW_16} of int16",
    in_place=True,
    lower=_lower,
)

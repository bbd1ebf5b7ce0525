"""SVDF."""

from __future__ import annotations

from functools import partial

import numpy as np
from skipstone.firmware.codegen.errors import Findings
from skipstone.firmware.codegen.graph import Graph, Node
from skipstone.firmware.codegen.lowering.placement import Placement
from skipstone.firmware.codegen.operations import KernelCall
from skipstone.firmware.codegen.operator_rules.families.checks import check_constant
from skipstone.firmware.codegen.packing.svdf import SvdfLayer, pack_svdf
from skipstone.firmware.codegen.rule import Rule
from skipstone.quantize.arithmetic.shapes import Shape
from skipstone.quantize.arithmetic.svdf import check_bias_scale, svdf_parameters

_X, _FEATURE, _TIME, _BIAS, _STATE = range(5)


def _type_problem(node: Node) -> str | None:
    """What TFLM refuses, or reads wrongly."""
    x, feature, time, bias, state = node.inputs
    output = node.outputs[0]
    types = tuple(value.dtype for value in (x, feature, time, bias, state, output))
    if types not in (
        ("int8", "int8", "int8", "int32", "int8", "int8"),
        ("int8", "int8", "int16", "int32", "int16", "int8"),
    ):
        return f"types {', '.join(types)}"
    if any(value.scales.size != 1 for value in (x, feature, time, state, output)):
        return "an operand without exactly one scale"
    if feature.zero_points.any() or time.zero_points.any():
        return "weights with a zero point"
    return None


def _shape_problem(node: Node) -> str | None:
    x, feature, time, bias, state = node.inputs
    rank = node.options.rank
    if any(len(value.shape) != 2 for value in (x, feature, time, state)):
        return "an operand that is not of rank 2"
    batches, (filters, memory) = x.shape[0], time.shape
    if rank < 1 or filters % rank:
        return f"{filters} filters of rank {rank}"
    fits = feature.shape == (filters, x.shape[1]) and state.shape == (batches, filters * memory)
    if not fits or bias.elements != filters // rank:
        return "operands whose shapes do not fit each other"
    return None


def _check(node: Node, findings: Findings) -> None:
    constants = ((_FEATURE, "feature weights"), (_TIME, "time weights"), (_BIAS, "biases"))
    if not all(check_constant(node, position, what, findings) for position, what in constants):
        return
    problem = _type_problem(node) or _shape_problem(node)
    if problem:
        findings.add(
            str(node),
            problem,
            "use int8 [batch, in], one scale a tensor, a bias, and time weights of the type of the state",
        )


def _shapes(node: Node) -> list[Shape]:
    x, filters, rank = node.inputs[_X].shape, node.inputs[_FEATURE].shape[:1], node.options.rank
    if len(x) != 2 or not filters or rank < 1:
        raise ValueError(f"rank {rank}, input {list(x)}")
    return [(x[0], filters[0] // rank)]


def _lower(_graph: Graph, node: Node, placement: Placement) -> KernelCall:
    x, feature, time, bias, state = node.inputs
    output = node.outputs[0]
    assert feature.data is not None and time.data is not None and bias.data is not None, "checked"
    bias_scale = float(bias.scales[0]) if bias.scales.size else 0.0
    check_bias_scale(bias_scale, time.quantization[0], state.quantization[0])
    scales = (value.quantization[0] for value in (x, feature, time, state, output))
    points = (x.quantization[1], state.quantization[1], output.quantization[1])
    layer = SvdfLayer(
        x.shape[0],
        node.options.rank,
        feature.data,
        time.data,
        np.asarray(bias.data, np.int32).ravel(),
        points,
        svdf_parameters(*scales),
    )
    spans = placement.span(x, node), placement.span(state, node)
    pack = partial(pack_svdf, layer)
    return KernelCall(output.name, node.origin, spans, placement.home(output), pack, layer.macs)


RULE = Rule(
    _check,
    (5, 5),
    shapes=_shapes,
    becomes="kernel `svdf`",
    kernels=("ss_svdf_s8", "ss_svdf_s8_s16"),
    reference="`EvalIntegerSvdfReference`, which ignores the fused activation",
    limits="with a bias",
    lower=_lower,
    states=(_STATE,),
)

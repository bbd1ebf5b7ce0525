"""Rules of a model beyond the encoding: references, order of execution, quantization, subgraph calls."""

from __future__ import annotations

import math

from skipstone.quantize.tflite.errors import TfliteError
from skipstone.quantize.tflite.model import Model, Operator, Subgraph, Tensor
from skipstone.quantize.tflite.options import CallOnceOptions, IfOptions, PackOptions, WhileOptions

_ZERO_POINT_RANGE = {"int4": (-8, 7), "int8": (-128, 127), "uint8": (0, 255), "int16": (-32768, 32767)}

MOST_NESTED = 32
"""Levels of subgraphs, the main graph included; every one takes a part of the stack where a model runs."""


def validate(model: Model) -> None:
    """Check a model.

    Raises:
        TfliteError: the first rule that is broken.
    """
    for subgraph in model.subgraphs:
        for tensor in subgraph.tensors:
            _check_tensor(tensor, subgraph)
        _check_references(subgraph)
        _check_order(subgraph)
    for subgraph in model.subgraphs:
        for operator in subgraph.operators:
            _check_calls(model, subgraph, operator)
    _check_acyclic(model)


def _check_tensor(tensor: Tensor, subgraph: Subgraph) -> None:
    where = f"tensor '{tensor.name or tensor.index}' of subgraph '{subgraph.name}'"
    if any(size < 1 for size in tensor.shape):
        raise TfliteError(f"{where}: shape {list(tensor.shape)} has a dimension below 1")
    if tensor.is_variable and tensor.is_constant:  # TFLM's reset would write over the constant
        raise TfliteError(f"{where}: it is a variable and has constant values")
    quantization = tensor.quantization
    if quantization is None:
        return
    scales, points = quantization.scales, quantization.zero_points
    if not all(math.isfinite(scale) and scale > 0 for scale in scales):
        raise TfliteError(f"{where}: a scale is not a positive finite number")
    if len(points) != len(scales):
        raise TfliteError(f"{where}: {len(scales)} scales but {len(points)} zero points")
    low, high = _ZERO_POINT_RANGE.get(tensor.dtype, (-(1 << 31), (1 << 31) - 1))
    if any(not low <= point <= high for point in points):
        raise TfliteError(f"{where}: a zero point is outside {low} … {high}")
    if quantization.per_channel:
        axis = quantization.axis
        if not 0 <= axis < len(tensor.shape) or tensor.shape[axis] != len(scales):
            raise TfliteError(
                f"{where}: {len(scales)} scales do not match axis {axis} of shape {list(tensor.shape)}"
            )


def _check_references(subgraph: Subgraph) -> None:
    count = len(subgraph.tensors)
    for label, indices in (("inputs", subgraph.inputs), ("outputs", subgraph.outputs)):
        if any(not 0 <= i < count for i in indices):
            raise TfliteError(f"{label} of subgraph '{subgraph.name}' name a tensor that does not exist")
    for tensor in (subgraph.tensors[i] for i in (*subgraph.inputs, *subgraph.outputs)):
        if tensor.is_variable:
            name = tensor.name or tensor.index
            raise TfliteError(f"input or output '{name}' of subgraph '{subgraph.name}' is a variable")
    for tensor in (subgraph.tensors[i] for i in subgraph.inputs):
        if tensor.is_constant:  # TFLM writes the input into the buffer of the file
            name = tensor.name or tensor.index
            raise TfliteError(f"input '{name}' of subgraph '{subgraph.name}' has constant values")
    if len(set(subgraph.inputs)) != len(subgraph.inputs):
        raise TfliteError(f"subgraph '{subgraph.name}' lists an input twice")
    for operator in subgraph.operators:
        where = f"{operator.name.lower()} {operator.index} of subgraph '{subgraph.name}'"
        if any(not -1 <= i < count for i in operator.inputs):
            raise TfliteError(f"{where}: an input tensor does not exist")
        if any(not 0 <= i < count for i in operator.outputs):
            raise TfliteError(f"{where}: an output tensor does not exist")


def _check_order(subgraph: Subgraph) -> None:
    """Every tensor is written once, before it is read."""
    tensors = subgraph.tensors
    known = {t.index for t in tensors if t.is_constant or t.is_variable} | set(subgraph.inputs)
    for operator in subgraph.operators:
        unwritten = [i for i in operator.inputs if i >= 0 and i not in known]
        if unwritten:
            raise TfliteError(
                f"{subgraph.describe(operator)} reads tensor {tensors[unwritten[0]]} before it is written"
            )
        for output in operator.outputs:
            if output in known:
                raise TfliteError(
                    f"{subgraph.describe(operator)} writes tensor {tensors[output]} a second time"
                )
            known.add(output)
    missing = [i for i in subgraph.outputs if i not in known]
    if missing:
        raise TfliteError(f"output {tensors[missing[0]]} of subgraph '{subgraph.name}' is never written")


def called(operator: Operator) -> tuple[int, ...]:
    """Subgraphs that an operator runs, by index."""
    match operator.options:
        case IfOptions(then_subgraph=then, else_subgraph=otherwise):
            return then, otherwise
        case WhileOptions(condition_subgraph=condition, body_subgraph=body):
            return condition, body
        case CallOnceOptions(init_subgraph=init):
            return (init,)
    return ()


def _check_calls(model: Model, subgraph: Subgraph, operator: Operator) -> None:
    for index in called(operator):
        if not 0 <= index < len(model.subgraphs):
            raise TfliteError(
                f"{subgraph.describe(operator)} refers to subgraph {index}, which does not exist"
            )
    if operator.name == "IF":
        _check_branches(model, subgraph, operator)
    if isinstance(operator.options, WhileOptions):
        _check_loop(model, subgraph, operator, operator.options)
    if isinstance(operator.options, CallOnceOptions):  # as TFLite demands; TFLM runs the subgraph
        init = model.subgraphs[operator.options.init_subgraph]
        if init.inputs or init.outputs:
            raise TfliteError(
                f"{subgraph.describe(operator)}: its subgraph '{init.name}' has inputs or outputs"
            )
    if isinstance(operator.options, PackOptions):  # TFLM believes the number and reads that many operands
        parts = len(operator.inputs if operator.name == "PACK" else operator.outputs)
        if operator.options.count != parts:
            raise TfliteError(
                f"{subgraph.describe(operator)}: {parts} parts, its options say {operator.options.count}"
            )


def _check_branches(model: Model, subgraph: Subgraph, operator: Operator) -> None:
    """The operands of IF match inputs and outputs of both branches in number, type and shape."""
    where = subgraph.describe(operator)
    if not operator.inputs or any(i < 0 for i in operator.inputs):
        raise TfliteError(f"{where}: the condition or an operand is missing")
    condition = subgraph.tensors[operator.inputs[0]]
    if condition.dtype != "bool" or condition.elements != 1:
        raise TfliteError(f"{where}: the condition {condition} is not one bool")
    for index in called(operator):
        branch = model.subgraphs[index]
        pairs = (
            ("inputs", operator.inputs[1:], branch.inputs),
            ("outputs", operator.outputs, branch.outputs),
        )
        for label, outer, inner in pairs:
            if _kinds(subgraph, outer) != _kinds(branch, inner):
                raise TfliteError(f"{where}: its {label} do not match those of branch '{branch.name}'")


def _check_loop(model: Model, subgraph: Subgraph, operator: Operator, options: WhileOptions) -> None:
    """What a loop carries matches inputs and outputs of its body and inputs of its condition."""
    where = subgraph.describe(operator)
    if any(i < 0 for i in operator.inputs):
        raise TfliteError(f"{where}: an operand is missing")
    condition = model.subgraphs[options.condition_subgraph]
    body = model.subgraphs[options.body_subgraph]
    if len(condition.outputs) != 1 or _kinds(condition, condition.outputs) != [("bool", 1)]:
        raise TfliteError(f"{where}: its condition '{condition.name}' does not give one bool")
    carried = _kinds(subgraph, operator.inputs)
    for label, graph, indices in (
        ("outputs", subgraph, operator.outputs),
        ("inputs", condition, condition.inputs),
        ("inputs", body, body.inputs),
        ("outputs", body, body.outputs),
    ):
        if _kinds(graph, indices) != carried:
            raise TfliteError(f"{where}: its operands do not match the {label} of '{graph.name}'")


def _kinds(subgraph: Subgraph, indices: tuple[int, ...]) -> list[tuple[str, int]]:
    """Type and number of elements of tensors."""
    return [(subgraph.tensors[i].dtype, subgraph.tensors[i].elements) for i in indices]


def _check_acyclic(model: Model) -> None:
    """No subgraph calls itself, directly or through others, and calls do not nest without end."""
    calls = [{i for op in subgraph.operators for i in called(op)} for subgraph in model.subgraphs]
    remaining = set(range(len(calls)))
    for _ in range(MOST_NESTED):
        leaves = {i for i in remaining if not calls[i] & remaining}
        if not leaves:
            name = model.subgraphs[min(remaining)].name
            raise TfliteError(f"subgraph '{name}' calls itself through IF, WHILE or CALL_ONCE")
        remaining -= leaves
        if not remaining:
            return
    raise TfliteError(f"subgraphs call each other more than {MOST_NESTED} levels deep")

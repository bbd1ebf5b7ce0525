"""States that enter and leave a .tflite as tensors → resource variables, which the model keeps itself.

A quantizer gives what enters and what leaves separate scales where nothing in the graph ties them together.
The variable has the scale of what enters; a QUANTIZE stands before the assignment where the other differs.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from skipstone.quantize.importing.errors import ImportModelError
from skipstone.quantize.tflite.model import Operator, Subgraph, Tensor
from skipstone.quantize.tflite.options import CallOnceOptions, VarHandleOptions
from skipstone.quantize.tflite.reader import read_model
from skipstone.quantize.tflite.schema import OPERATOR_CODES, schema
from skipstone.quantize.tflite.writer import ModelWriter, SubgraphWriter


@dataclass(frozen=True)
class StateTensors:
    """One state: its name, and the tensors of the main graph by which it enters and leaves."""

    name: str
    before: int
    after: int


def signature_order(data: bytes) -> tuple[list[int], list[int]]:
    """Tensors of the inputs and outputs in the order of the exported function.

    LiteRT names them ``args_0`` … and ``output_0`` … in the signature; the order in the graph is its own.

    Raises:
        ImportModelError: the file has no such signature.
    """
    signatures = schema.ModelT.InitFromPackedBuf(data).signatureDefs or []
    if len(signatures) != 1:
        raise ImportModelError(
            f"the exported file has {len(signatures)} signatures, not one", "export one function of the model"
        )
    return _ordered(signatures[0].inputs, "args_"), _ordered(signatures[0].outputs, "output_")


def _ordered(maps: list[schema.TensorMapT], prefix: str) -> list[int]:
    by_place = {}
    for entry in maps or []:
        name = entry.name.decode()
        if not name.startswith(prefix) or not name[len(prefix) :].isdigit():
            raise ImportModelError(
                f"the exported function has an operand '{name}'",
                "pass tensors by position, return a tuple of them",
            )
        by_place[int(name[len(prefix) :])] = entry.tensorIndex
    return [by_place[place] for place in sorted(by_place)]


def bind_states(data: bytes, description: str, result: int, states: list[StateTensors]) -> bytes:
    """Write the model anew with a variable for each state, initialised with its zero point.

    Args:
        data: a .tflite of one subgraph.
        description: free text in the file.
        result: tensor that becomes the only output.
        states: every input but one, each once.

    Raises:
        ImportModelError: more than one subgraph, an operator without a built-in code, or a state that is not
            int8.
    """
    model = read_model(data)
    main = model.main
    _check(model.subgraphs, states)
    writer = ModelWriter(description)
    graph = writer.subgraph("main")
    entering = {state.before: state.name for state in states}
    for tensor in main.tensors:
        _copy_tensor(graph, tensor, entering.get(tensor.index, tensor.name))
    graph.table.inputs = [index for index in main.inputs if index not in entering]
    handles = [_read_states(writer, graph, main, states)] if states else []
    for operator in _without_identities(main):
        graph.operator(operator.name, operator.inputs, operator.outputs, operator.options)
    for state, handle in zip(states, *handles, strict=True) if states else ():
        graph.operator("ASSIGN_VARIABLE", [handle, _as_it_entered(graph, main, state)], [])
    graph.set_outputs(result)
    return writer.to_bytes()


def _check(subgraphs: tuple[Subgraph, ...], states: list[StateTensors]) -> None:
    main = subgraphs[0]
    if len(subgraphs) != 1:
        raise ImportModelError(
            f"the exported file has {len(subgraphs)} subgraphs", "export a model without control flow"
        )
    custom = sorted({op.name for op in main.operators if op.name not in OPERATOR_CODES})
    if custom:
        raise ImportModelError(
            f"the exported file needs operators that are not built in: {', '.join(custom)}",
            "replace the layers that become them",
        )
    for state in states:
        for tensor in (main.tensors[state.before], main.tensors[state.after]):
            if tensor.dtype != "int8" or tensor.quantization is None:
                raise ImportModelError(
                    f"state '{state.name}' is {tensor.dtype} after quantization",
                    "let it be computed by layers that have int8 operators",
                )


def _without_identities(main: Subgraph) -> list[Operator]:
    """The operators, without any QUANTIZE between two equal quantizations."""
    same: dict[int, int] = {}
    kept = []
    for operator in main.operators:
        inputs = tuple(same.get(i, i) for i in operator.inputs)
        if operator.name == "QUANTIZE" and operator.outputs[0] not in main.outputs:
            source, target = main.tensors[inputs[0]], main.tensors[operator.outputs[0]]
            if (source.dtype, source.quantization) == (target.dtype, target.quantization):
                same[target.index] = source.index
                continue
        kept.append(replace(operator, inputs=inputs))
    return kept


def _copy_tensor(graph: SubgraphWriter, tensor: Tensor, name: str) -> None:
    quantization = tensor.quantization
    if quantization is None or not quantization.scales:
        graph.tensor(name, tensor.shape, tensor.dtype, data=tensor.data)
        return
    graph.tensor(
        name,
        tensor.shape,
        tensor.dtype,
        scale=quantization.scales,
        zero_point=quantization.zero_points[0],
        axis=quantization.axis,
        data=tensor.data,
    )


def _read_states(
    writer: ModelWriter, graph: SubgraphWriter, main: Subgraph, states: list[StateTensors]
) -> list[int]:
    """CALL_ONCE of an initialisation subgraph, then a READ_VARIABLE for each state; returns the handles."""
    init = writer.subgraph("init")
    graph.operator("CALL_ONCE", [], [], CallOnceOptions(init_subgraph=init.index))
    handles = []
    for state in states:
        tensor = main.tensors[state.before]
        constant = np.full(tensor.shape, tensor.zero_point)
        first = init.tensor(
            f"{state.name}/initial",
            tensor.shape,
            scale=tensor.scale,
            zero_point=tensor.zero_point,
            data=constant,
        )
        init.operator("ASSIGN_VARIABLE", [_handle(init, state.name), first], [])
        handles.append(_handle(graph, state.name))
        graph.operator("READ_VARIABLE", [handles[-1]], [state.before])
    return handles


def _handle(graph: SubgraphWriter, name: str) -> int:
    handle = graph.tensor(f"{name}/handle", (1,), "resource")
    graph.operator("VAR_HANDLE", [], [handle], VarHandleOptions(name))
    return handle


def _as_it_entered(graph: SubgraphWriter, main: Subgraph, state: StateTensors) -> int:
    """The tensor to assign, in the quantization of the one that enters."""
    before, after = main.tensors[state.before], main.tensors[state.after]
    if (before.scale, before.zero_point) == (after.scale, after.zero_point):
        return state.after
    rescaled = graph.tensor(
        f"{state.name}/rescaled", before.shape, scale=before.scale, zero_point=before.zero_point
    )
    graph.operator("QUANTIZE", [state.after], [rescaled])
    return rescaled

"""Float edges of a quantized model: QUANTIZE right behind an input, DEQUANTIZE right before an output.

A device takes and gives integers; its caller multiplies by the scale. Without the edges a model is the same
network with integer inputs and outputs.
"""

from __future__ import annotations

from dataclasses import replace

from skipstone.quantize.tflite.model import Model, Operator, Subgraph

_FLOAT = "float32"


def without_float_edges(model: Model) -> Model:
    """The same model with integer inputs and outputs; one without float edges is returned as it is."""
    main = model.main
    entries = {op.inputs[0]: op for op in main.operators if op.name == "QUANTIZE" and len(op.inputs) == 1}
    exits = {op.outputs[0]: op for op in main.operators if op.name == "DEQUANTIZE" and len(op.inputs) == 1}
    dropped = [entries[i] for i in main.inputs if i in entries and _is_only_reader(main, i, entries[i])]
    dropped += [exits[i] for i in main.outputs if i in exits and _is_float(main, i)]
    if not dropped:
        return model
    inputs = {op.inputs[0]: op.outputs[0] for op in dropped if op.name == "QUANTIZE"}
    outputs = {op.outputs[0]: op.inputs[0] for op in dropped if op.name == "DEQUANTIZE"}
    kept = tuple(op for op in main.operators if op not in dropped)
    graph = replace(
        main,
        operators=kept,
        inputs=tuple(inputs.get(i, i) for i in main.inputs),
        outputs=tuple(outputs.get(i, i) for i in main.outputs),
    )
    return replace(model, subgraphs=(graph, *model.subgraphs[1:]))


def _is_float(graph: Subgraph, tensor: int) -> bool:
    return graph.tensors[tensor].dtype == _FLOAT


def _is_only_reader(graph: Subgraph, tensor: int, reader: Operator) -> bool:
    others = [op for op in graph.operators if op is not reader and tensor in op.inputs]
    return _is_float(graph, tensor) and not others and tensor not in graph.outputs

""".tflite → :class:`~skipstone.firmware.codegen.graph.Network`: values, nodes, states, nothing rewritten."""

from __future__ import annotations

import hashlib

import numpy as np
from skipstone.firmware.codegen.graph import Graph, Network, Node, State, Value
from skipstone.quantize.tflite.edges import without_float_edges
from skipstone.quantize.tflite.metadata import read_features, read_skip_table, read_tokens
from skipstone.quantize.tflite.model import Operator, Subgraph, Tensor
from skipstone.quantize.tflite.reader import read_model


def build_network(data: bytes, name: str) -> Network:
    """Read a .tflite.

    Args:
        data: the whole file.
        name: for messages and comments, the file's name without suffix.

    Raises:
        TfliteError: the file is damaged, or its metadata does not fit.
    """
    model = without_float_edges(read_model(data))
    graphs = {subgraph.index: _graph(subgraph) for subgraph in model.subgraphs}
    network = Network(
        name=name,
        sha256=hashlib.sha256(data).digest(),
        graphs=graphs,
        skip_table=read_skip_table(model),
        features=read_features(model),
        tokens=read_tokens(model),
    )
    for graph in network.reachable():
        _collect_states(network, graph)
    return network


def _graph(subgraph: Subgraph) -> Graph:
    values = [_value(tensor, subgraph) for tensor in subgraph.tensors]
    return Graph(
        subgraph.index,
        subgraph.name,
        [values[i] for i in subgraph.inputs],
        [values[i] for i in subgraph.outputs],
        [_node(operator, subgraph, values) for operator in subgraph.operators],
    )


def _node(operator: Operator, subgraph: Subgraph, values: list[Value]) -> Node:
    return Node(
        operator.name,
        [values[i] for i in operator.inputs if i >= 0],
        [values[i] for i in operator.outputs],
        operator.options,
        (subgraph.index, operator.index),
    )


def _value(tensor: Tensor, subgraph: Subgraph) -> Value:
    quantization = tensor.quantization
    return Value(
        name=subgraph.tensor_name(tensor),
        shape=tensor.shape,
        dtype=tensor.dtype,
        scales=np.array(quantization.scales if quantization else (), np.float32),
        zero_points=np.array(quantization.zero_points if quantization else (), np.int64),
        data=tensor.data,
        is_dynamic=tensor.is_dynamic,
        is_variable=tensor.is_variable,
    )


def _collect_states(network: Network, graph: Graph) -> None:
    """Declare every variable that ``graph`` reads or assigns, with the shape and zero point seen there."""
    for value in [value for node in graph.nodes for value in node.inputs if value.is_variable]:
        zero_point = int(value.zero_points[0]) if value.width == 1 and value.zero_points.size else 0
        network.states.setdefault(value.name, State(value.name, value.shape, zero_point, width=value.width))
    handles = {id(n.outputs[0]): n.options.shared_name for n in graph.nodes if n.kind == "VAR_HANDLE"}
    for node in graph.nodes:
        if node.kind not in ("READ_VARIABLE", "ASSIGN_VARIABLE") or len(node.inputs + node.outputs) != 2:
            continue
        name = handles.get(id(node.inputs[0]))
        tensor = (node.inputs + node.outputs)[1]
        if name is not None and name not in network.states:
            zero_point = int(tensor.zero_points[0]) if tensor.zero_points.size else 0
            network.states[name] = State(name, tensor.shape, zero_point, width=tensor.width)

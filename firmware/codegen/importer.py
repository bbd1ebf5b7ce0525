""".tflite → :class:`~skipstone.firmware.codegen.graph.Network`: values, nodes, states, nothing rewritten."""

from __future__ import annotations

import hashlib
import struct
from pathlib import Path

import numpy as np
from skipstone.firmware.codegen.graph import Graph, Network, Node, State, Value
from skipstone.quantize.tflite.errors import TfliteError
from skipstone.quantize.tflite.metadata import read_features, read_skip_table, read_tokens
from skipstone.quantize.tflite.model import Operator, Subgraph, Tensor
from skipstone.quantize.tflite.reader import MAX_RANK, read_model
from skipstone.quantize.tflite.schema import schema


def read_file(path: Path) -> bytes:
    """The bytes of a model.

    Raises:
        TfliteError: the file cannot be read.
    """
    try:
        return path.read_bytes()
    except OSError as error:
        raise TfliteError(f"cannot read {path}: {error.strerror}", "check the path") from error


def build_network(data: bytes, name: str) -> Network:
    """Read a .tflite.

    Args:
        data: the whole file.
        name: for messages and comments, the file's name without suffix.

    Raises:
        TfliteError: the file is damaged, or its metadata does not fit.
    """
    model = read_model(data)
    dynamic = _dynamic_tensors(data)
    graphs = {subgraph.index: _graph(subgraph, dynamic) for subgraph in model.subgraphs}
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


def _dynamic_tensors(data: bytes) -> frozenset[tuple[int, int]]:
    """``(subgraph, tensor)`` of every tensor whose shape signature leaves a dimension open.

    The reader's tensors carry the shape alone, in which an open dimension is 1.
    """
    root = schema.Model.GetRootAs(data, 0)
    found = set()
    try:
        for s in range(root.SubgraphsLength()):
            subgraph = root.Subgraphs(s)
            for t in range(subgraph.TensorsLength()):
                tensor = subgraph.Tensors(t)
                rank = min(tensor.ShapeSignatureLength(), MAX_RANK)
                if any(tensor.ShapeSignature(i) < 0 for i in range(rank)):
                    found.add((s, t))
    except (struct.error, IndexError, ValueError) as error:
        raise TfliteError(f"damaged TFLite file: a shape signature ({error})") from error
    return frozenset(found)


def _graph(subgraph: Subgraph, dynamic: frozenset[tuple[int, int]]) -> Graph:
    values = [_value(tensor, subgraph, dynamic) for tensor in subgraph.tensors]
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


def _value(tensor: Tensor, subgraph: Subgraph, dynamic: frozenset[tuple[int, int]]) -> Value:
    quantization = tensor.quantization
    return Value(
        name=tensor.name or f"subgraph{subgraph.index}/tensor{tensor.index}",
        shape=tensor.shape,
        dtype=tensor.dtype,
        scales=np.array(quantization.scales if quantization else (), np.float32),
        zero_points=np.array(quantization.zero_points if quantization else (), np.int64),
        data=tensor.data,
        is_dynamic=(subgraph.index, tensor.index) in dynamic,
    )


def _collect_states(network: Network, graph: Graph) -> None:
    """Declare every variable that ``graph`` reads or assigns, with the shape and zero point seen there."""
    handles = {id(n.outputs[0]): n.options.shared_name for n in graph.nodes if n.kind == "VAR_HANDLE"}
    for node in graph.nodes:
        if node.kind not in ("READ_VARIABLE", "ASSIGN_VARIABLE") or len(node.inputs + node.outputs) != 2:
            continue
        name = handles.get(id(node.inputs[0]))
        tensor = (node.inputs + node.outputs)[1]
        if name is not None and name not in network.states:
            zero_point = int(tensor.zero_points[0]) if tensor.zero_points.size else 0
            network.states[name] = State(name, tensor.shape, zero_point)

"""Lowering of nodes that rewrites have made; the declarations of the operators lower all others."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import numpy as np
from skipstone.firmware.codegen.graph import Fused, Graph, Node, State, Value
from skipstone.firmware.codegen.lowering.layer_parameters import scalar
from skipstone.firmware.codegen.lowering.npu import lower_npu_job
from skipstone.firmware.codegen.lowering.placement import Placement
from skipstone.firmware.codegen.operations import Attention, Embedding
from skipstone.firmware.codegen.rule import Lowering
from skipstone.quantize.arithmetic.fixed_point import product_multiplier
from skipstone.quantize.arithmetic.softmax import softmax_exp_table


def lower_attention(graph: Graph, node: Node, placement: Placement) -> Attention:
    """BATCH_MATMUL → SOFTMAX → BATCH_MATMUL over two rings; probabilities have scale 1/256."""
    query, keys, values = node.inputs
    output, options = node.outputs[0], node.options
    score, context = options.score.quantization, output.quantization
    return Attention(
        output.name,
        node.origin,
        placement.span(query, node),
        placement.home(output),
        _window_state(graph, keys),
        _window_state(graph, values),
        options.heads,
        options.head_dim,
        options.positions,
        options.row_stride,
        query.quantization[1],
        keys.quantization[1],
        values.quantization[1],
        softmax_exp_table(options.beta, score[0]),
        scalar(product_multiplier(query.quantization[0], keys.quantization[0], score[0]), score[1]),
        scalar(product_multiplier(1 / 256, values.quantization[0], context[0]), context[1]),
    )


def _window_state(graph: Graph, window: Value) -> State:
    state = graph.ring_of(window)
    assert state is not None, "attention is fused over rings only"
    return state


def lower_embedding(_graph: Graph, node: Node, placement: Placement) -> Embedding:
    """GATHER by the tokens that the device keeps."""
    table, output = node.inputs[0], node.outputs[0]
    assert table.data is not None, "the rewrite has seen a constant table"
    rows = np.asarray(table.data, np.int8).reshape(table.shape)
    tokens = output.elements // table.shape[1]
    return Embedding(output.name, node.origin, placement.home(output), rows, tokens)


LOWERED: Mapping[str, Lowering] = MappingProxyType(
    {
        Fused.ATTENTION: lower_attention,
        Fused.EMBEDDING: lower_embedding,
        Fused.NPU_JOB: lower_npu_job,
    }
)

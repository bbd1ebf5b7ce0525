"""The transducer head as TFLite operators: GATHER, predictor, joint network, logits."""

from __future__ import annotations

from skipstone.quantize.arithmetic.weights import quantize_weight
from skipstone.quantize.convert.checkpoint import Checkpoint
from skipstone.quantize.convert.layers import LayerBuilder, Value, add, quantized, reshape
from skipstone.quantize.convert.tensor_layout import EMBEDDING
from skipstone.quantize.models.config import CONTEXT_TOKENS
from skipstone.quantize.tflite.options import GatherOptions
from skipstone.quantize.tflite.writer import SubgraphWriter


def transducer_head(
    builder: LayerBuilder, graph: SubgraphWriter, checkpoint: Checkpoint, x: Value, previous: int
) -> Value:
    """``head(relu(joint.encoder(x) + joint.predictor(relu(combine(embedding of the last tokens)))))``.

    Args:
        x: the residual stream [1, D].
        previous: the input of the last tokens, int32 [1, CONTEXT_TOKENS].

    Returns:
        Logits [1, V].
    """
    scale = checkpoint.scale
    embedded = _embedding(graph, checkpoint, previous)
    name = "predictor.combine"
    combined = builder.fully_connected(graph, name, embedded, scale(name), relu=True)
    name = "joint.predictor"
    predicted = builder.fully_connected(graph, name, combined, scale(name))
    name = "joint.encoder"
    encoded = builder.fully_connected(graph, name, x, scale(name))
    hidden = add(graph, "joint/hidden", encoded, predicted, scale("joint.hidden"), relu=True)
    return builder.fully_connected(graph, "head", hidden, scale("head"))


def _embedding(graph: SubgraphWriter, checkpoint: Checkpoint, previous: int) -> Value:
    """GATHER from the table (one scale) → [1, CONTEXT_TOKENS · width]."""
    table = checkpoint.tensors[EMBEDDING]
    codes, scales = quantize_weight(table.reshape(1, -1))
    width = table.shape[1]
    scale, name = float(scales[0]), "predictor/embedding"
    weight = graph.tensor(f"{name}/weight", table.shape, scale=scale, data=codes.reshape(table.shape))
    rows = quantized(graph, name, (1, CONTEXT_TOKENS, width), scale)
    graph.operator("GATHER", [weight, previous], [rows.tensor], GatherOptions(axis=0))
    return reshape(graph, f"{name}/flat", rows, (1, CONTEXT_TOKENS * width))

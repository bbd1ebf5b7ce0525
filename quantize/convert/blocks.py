"""The bodies of the gated blocks, one subgraph each, residual sum included."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from types import MappingProxyType

from skipstone.quantize.arithmetic.softmax import OUTPUT_SCALE, OUTPUT_ZERO_POINT
from skipstone.quantize.convert.checkpoint import Checkpoint
from skipstone.quantize.convert.layers import LayerBuilder, Value, add, quantized, reshape, transpose
from skipstone.quantize.tflite.options import BatchMatMulOptions, SoftmaxOptions
from skipstone.quantize.tflite.writer import SubgraphWriter

KV_PARTS = ("key", "value")
"""What attention remembers of a step."""

BodyWriter = Callable[[LayerBuilder, SubgraphWriter, Checkpoint, str], None]


def ffn_body(builder: LayerBuilder, graph: SubgraphWriter, checkpoint: Checkpoint, block: str) -> None:
    """``y = x + down(relu(up(x)))``."""
    x = residual_input(graph, checkpoint)
    scale = checkpoint.scale
    hidden = builder.fully_connected(graph, f"{block}.up", x, scale(f"{block}.up"), relu=True)
    update = builder.fully_connected(graph, f"{block}.down", hidden, scale(f"{block}.down"))
    residual_output(graph, block, x, update)


def mha_body(builder: LayerBuilder, graph: SubgraphWriter, checkpoint: Checkpoint, block: str) -> None:
    """``y = x + output(softmax(q · Kᵀ / √head_dim) · V)`` over the last written steps, this one included."""
    config, name, scale = checkpoint.config, block.replace(".", "/"), checkpoint.scale
    heads, head_dim, positions = config.heads, config.head_dim, config.positions
    x = residual_input(graph, checkpoint)
    query = builder.fully_connected(graph, f"{block}.query", x, scale(f"{block}.query"))
    if config.has_fixed_kv:
        windows = _read_keys_and_values(builder, graph, checkpoint, block)
    else:
        windows = push_keys_and_values(builder, graph, checkpoint, block, x)
    keys, values = (
        _split_heads(graph, f"{name}/{part}", window, checkpoint)
        for part, window in zip(KV_PARTS, windows, strict=True)
    )
    query_heads = reshape(graph, f"{name}/query/heads", query, (1, heads, 1, head_dim))
    score = quantized(graph, f"{name}/score", (1, heads, 1, positions), scale(f"{block}.score"))
    graph.operator(
        "BATCH_MATMUL", [query_heads.tensor, keys.tensor], [score.tensor], BatchMatMulOptions(adj_y=True)
    )
    probability = quantized(graph, f"{name}/probability", score.shape, OUTPUT_SCALE, OUTPUT_ZERO_POINT)
    graph.operator("SOFTMAX", [score.tensor], [probability.tensor], SoftmaxOptions(beta=head_dim**-0.5))
    context = quantized(graph, f"{name}/context", (1, heads, 1, head_dim), scale(f"{block}.context"))
    graph.operator(
        "BATCH_MATMUL", [probability.tensor, values.tensor], [context.tensor], BatchMatMulOptions()
    )
    flat = reshape(graph, f"{name}/context/flat", context, (1, config.attention_width))
    update = builder.fully_connected(graph, f"{block}.output", flat, scale(f"{block}.output"))
    residual_output(graph, block, x, update)


BODY_WRITERS: MappingProxyType[str, BodyWriter] = MappingProxyType({"mha": mha_body, "ffn": ffn_body})
"""Body of each kind of block."""


def push_keys_and_values(
    builder: LayerBuilder, graph: SubgraphWriter, checkpoint: Checkpoint, block: str, x: Value
) -> Iterator[Value]:
    """Project ``x`` to key and value, then shift one after the other into its state.

    With the K/V policy ``mask`` this is part of the body; with ``always_kv`` the main graph does it before
    the IF, and the body reads the states.

    Yields:
        The windows [1, positions, width] of keys and values; each is pushed when it is asked for.
    """
    layers = [f"{block}.{part}" for part in KV_PARTS]
    rows = [builder.fully_connected(graph, layer, x, checkpoint.scale(layer)) for layer in layers]
    for part, row in zip(KV_PARTS, rows, strict=True):
        yield builder.push(graph, _state(block, part), row, checkpoint.config.positions)


def _read_keys_and_values(
    builder: LayerBuilder, graph: SubgraphWriter, checkpoint: Checkpoint, block: str
) -> Iterator[Value]:
    """The windows that the main graph has pushed at this step."""
    shape = (1, checkpoint.config.positions, checkpoint.config.attention_width)
    for part in KV_PARTS:
        yield builder.read(graph, _state(block, part), shape, checkpoint.scale(f"{block}.{part}"))


def _state(block: str, part: str) -> str:
    return f"{block.replace('.', '/')}/{part}/state"


def residual_input(graph: SubgraphWriter, checkpoint: Checkpoint) -> Value:
    """The input of a body or of the pass-through branch: the residual stream [1, D]."""
    shape = (1, checkpoint.config.d_model)
    residual = checkpoint.scale("residual")
    return Value(graph.input("x", shape, scale=residual), shape, residual)


def residual_output(graph: SubgraphWriter, block: str, x: Value, update: Value) -> None:
    """Add ``update`` to the stream and make the sum the subgraph's output."""
    graph.set_outputs(add(graph, f"{block.replace('.', '/')}/residual", x, update, x.scale).tensor)


def _split_heads(graph: SubgraphWriter, name: str, window: Value, checkpoint: Checkpoint) -> Value:
    """A window [1, positions, width] as [1, heads, positions, head_dim]."""
    config = checkpoint.config
    split = reshape(graph, f"{name}/split", window, (1, config.positions, config.heads, config.head_dim))
    return transpose(graph, f"{name}/heads", split, (0, 2, 1, 3))

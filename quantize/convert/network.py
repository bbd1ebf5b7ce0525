"""The whole network as a .tflite: front, arbitrators, one IF a block, head; state init; metadata."""

from __future__ import annotations

import json

import numpy as np
from skipstone.quantize.arithmetic.fixed_point import INT8_MIN
from skipstone.quantize.convert.blocks import BODY_WRITERS, KV_PARTS, push_keys_and_values, residual_input
from skipstone.quantize.convert.checkpoint import Checkpoint
from skipstone.quantize.convert.errors import CheckpointError
from skipstone.quantize.convert.layers import (
    LayerBuilder,
    Value,
    add,
    quantized,
    slice_of,
    slice_operator,
    variable_handle,
)
from skipstone.quantize.convert.tensor_layout import checkpoint_block_names, layer_shapes
from skipstone.quantize.convert.transducer import transducer_head
from skipstone.quantize.models.config import CONTEXT_TOKENS
from skipstone.quantize.models.costs import NetworkCosts
from skipstone.quantize.tflite.metadata import SkipBlock, SkipTable, Tokens, encode
from skipstone.quantize.tflite.options import CallOnceOptions, ConcatenationOptions, IfOptions
from skipstone.quantize.tflite.writer import ModelWriter, SubgraphWriter

DESCRIPTION = "skipstone gated streaming speech model"
GATE_BIAS_FACTOR = 2.0
"""Scale of ``gate_bias`` over that of the logits: −128 and +127 then outweigh every logit."""
LARGEST_CONCATENATION = 10
"""Inputs of one CONCATENATION in TFLM (``kMaxInputNum``)."""
LARGEST_THRESHOLD = 125
"""A bias of +127 lifts the smallest logit, −128, to 126, which has to pass."""


def convert(checkpoint: Checkpoint) -> bytes:
    """Serialise ``checkpoint`` as a .tflite; the same checkpoint gives the same bytes.

    Raises:
        CheckpointError: scales or biases that int8 operators cannot represent, all of them named.
    """
    return _Network(checkpoint).to_bytes()


class _Network:
    """Builds one model. Subgraphs: 0 main, 1 … B bodies, then the pass-through and, where there are states,
    their init (TFLM crashes on a subgraph that nothing calls)."""

    def __init__(self, checkpoint: Checkpoint) -> None:
        self._checkpoint = checkpoint
        self._config = checkpoint.config
        self._blocks = checkpoint_block_names(checkpoint.config)
        self._writer = ModelWriter(DESCRIPTION)
        self._builder = LayerBuilder(checkpoint)
        self._thresholds = [self._threshold(self._logit_layer(i)) for i in range(len(self._blocks))]

    def to_bytes(self) -> bytes:
        main = self._writer.subgraph("main")
        bodies = [self._writer.subgraph(f"{name.replace('.', '/')}/body") for name in self._blocks]
        for graph, block, kind in zip(bodies, self._blocks, self._config.block_kinds, strict=True):
            BODY_WRITERS[kind](self._builder, graph, self._checkpoint, block)
        passthrough = self._writer.subgraph("pass_through")
        passthrough.set_outputs(residual_input(passthrough, self._checkpoint).tensor)
        stateful = self._config.conv_taps > 1 or self._config.positions > 1
        init = self._writer.subgraph("state_init") if stateful else None
        if init is not None:
            main.operator("CALL_ONCE", [], [], CallOnceOptions(init_subgraph=init.index))
        self._main(main, [graph.index for graph in bodies], passthrough.index)
        if init is not None:
            self._write_init(init)
        if self._builder.problems:
            raise CheckpointError(
                "checkpoint", self._builder.problems, "train again from QAT with a lower learning rate"
            )
        self._write_metadata([graph.index for graph in bodies])
        return self._writer.to_bytes()

    def _main(self, main: SubgraphWriter, bodies: list[int], passthrough: int) -> None:
        config, scale = self._config, self._checkpoint.scale
        settings, shape = self._checkpoint.features, (1, config.feature_count)
        features = main.input("features", shape, scale=settings.scale, zero_point=settings.zero_point)
        bias_scale = GATE_BIAS_FACTOR * max(scale(self._logit_layer(i)) for i in range(len(bodies)))
        bias_shape = (1, config.blocks)
        bias = Value(main.input("gate_bias", bias_shape, scale=bias_scale), bias_shape, bias_scale)
        previous = main.input("previous", (1, CONTEXT_TOKENS), "int32") if config.head == "transducer" else -1
        x = self._front(main, Value(features, shape, settings.scale, settings.zero_point))
        shared = self._shared_gates(main, x, bias) if config.arbitrator_input == "front" else None
        bits = []
        for i, body in enumerate(bodies):
            condition = self._condition(main, i, x, bias, shared)
            bits.append(condition)
            if self._writes_kv(i):
                list(push_keys_and_values(self._builder, main, self._checkpoint, self._blocks[i], x))
            output = quantized(main, f"{config.block_names[i]}/out", x.shape, x.scale)
            main.operator("IF", [condition, x.tensor], [output.tensor], IfOptions(body, passthrough))
            x = output
        if config.head == "transducer":
            logits = transducer_head(self._builder, main, self._checkpoint, x, previous)
        else:
            logits = self._builder.fully_connected(main, "head", x, scale("head"))
        main.set_outputs(logits.tensor, self._gates_output(main, bits) if shared is None else shared)

    def _writes_kv(self, block: int) -> bool:
        """Whether key and value of ``block`` are written before its gate is looked at."""
        return self._config.has_fixed_kv and self._config.block_kinds[block] == "mha"

    def _front(self, main: SubgraphWriter, features: Value) -> Value:
        scale, residual = self._checkpoint.scale, self._checkpoint.scale("residual")
        projection = self._builder.fully_connected(main, "front.projection", features, residual)
        window = self._builder.push(main, "front/conv/state", projection, self._config.conv_taps)
        convolved = self._builder.depthwise(main, "front.conv", window, scale("front.conv"))
        return add(main, "front/add", projection, convolved, residual)

    def _logit_layer(self, block: int) -> str:
        if self._config.arbitrator_input == "front":
            return "arbitrator.logit"
        return f"{self._blocks[block]}.arbitrator.logit"

    def _threshold(self, logit_layer: str) -> int:
        scale = self._checkpoint.scale(logit_layer)
        if scale >= 1.0:
            self._builder.problems.append(
                f"{logit_layer}.scale is {scale:g}; GREATER takes scales below 1 (gate logits within ±127)"
            )
        return int(np.clip(np.rint(self._config.gate_threshold / scale), INT8_MIN, LARGEST_THRESHOLD))

    def _gate_bits(
        self, main: SubgraphWriter, layer: str, x: Value, bias: Value, thresholds: list[int]
    ) -> int:
        """Arbitrator ``layer`` on ``x``, biased logits compared with ``thresholds`` → BOOL [1, n]."""
        scale, name = self._checkpoint.scale, layer.replace(".", "/")
        hidden = self._builder.fully_connected(
            main, f"{layer}.hidden", x, scale(f"{layer}.hidden"), relu=True
        )
        logit = self._builder.fully_connected(main, f"{layer}.logit", hidden, scale(f"{layer}.logit"))
        biased = add(main, f"{name}/biased", logit, bias, logit.scale)
        shape = (1, len(thresholds))
        threshold = main.tensor(f"{name}/threshold", shape, scale=logit.scale, data=[thresholds])
        bits = main.tensor(f"{name}/gates", shape, "bool")
        main.operator("GREATER", [biased.tensor, threshold], [bits])
        return bits

    def _shared_gates(self, main: SubgraphWriter, x: Value, bias: Value) -> int:
        return self._gate_bits(main, "arbitrator", x, bias, self._thresholds)

    def _condition(self, main: SubgraphWriter, block: int, x: Value, bias: Value, shared: int | None) -> int:
        """BOOL [1, 1] of one block."""
        name = self._config.block_names[block]
        if shared is not None:
            condition = main.tensor(f"{name}/gate", (1, 1), "bool")
            slice_operator(main, f"{name}/gate", (shared, condition), (0, block), (1, 1))
            return condition
        own_bias = slice_of(main, f"{name}/gate_bias", bias, (0, block), (1, 1))
        layer = f"{self._blocks[block]}.arbitrator"
        return self._gate_bits(main, layer, x, own_bias, [self._thresholds[block]])

    def _gates_output(self, main: SubgraphWriter, bits: list[int]) -> int:
        """Join single bits to BOOL [1, B], in rounds of as many inputs as TFLM's CONCATENATION takes."""
        widths, level = [1] * len(bits), 0
        while len(bits) > 1:
            starts = range(0, len(bits), LARGEST_CONCATENATION)
            groups = [slice(start, start + LARGEST_CONCATENATION) for start in starts]
            sums = [sum(widths[group]) for group in groups]
            joined = [main.tensor(f"gates/{level}/{i}", (1, n), "bool") for i, n in enumerate(sums)]
            for group, output in zip(groups, joined, strict=True):
                main.operator("CONCATENATION", bits[group], [output], ConcatenationOptions(axis=1))
            bits, widths, level = joined, sums, level + 1
        return bits[0]

    def _write_init(self, init: SubgraphWriter) -> None:
        """Assign zeros, which is the zero point of every state; states of one shape share the constant."""
        zeros: dict[tuple[int, ...], int] = {}
        for name, shape in self._builder.states.items():
            if shape not in zeros:
                label = "x".join(str(size) for size in shape)
                zeros[shape] = init.tensor(f"zeros/{label}", shape, scale=1.0, data=np.zeros(shape))
            init.operator("ASSIGN_VARIABLE", [variable_handle(init, name), zeros[shape]], [])

    def _write_metadata(self, bodies: list[int]) -> None:
        config, costs = self._config, NetworkCosts.of(self._config)
        blocks = tuple(
            SkipBlock(
                name=config.block_names[i],
                kind=config.block_kinds[i],
                gate=i,
                subgraph=bodies[i],
                threshold=self._thresholds[i],
                macs=costs.blocks[i],
                weight_bytes=_weight_bytes(self._checkpoint, self._blocks[i]),
                on_skip="write_kv" if self._writes_kv(i) else "identity",
            )
            for i in range(config.blocks)
        )
        table = SkipTable(
            blocks=blocks,
            fixed_macs=costs.fixed,
            arbitrator_macs=costs.arbitrators,
            fixed_block_macs=costs.fixed_blocks,
            idle_reset=config.idle_reset,
            idle_blocks=config.idle_blocks,
        )
        self._writer.add_metadata("SKIP_TABLE", encode(table))
        features = json.dumps(self._checkpoint.features.as_dict(), separators=(",", ":"))
        self._writer.add_metadata("FEATURES", features.encode())
        tokens = Tokens(head=config.head, tokens=self._checkpoint.tokens)
        self._writer.add_metadata("TOKENS", encode(tokens))


def _weight_bytes(checkpoint: Checkpoint, block: str) -> int:
    """Bytes of int8 weights and int32 biases of a block's body: what runs outside its gate is left out."""
    parts = KV_PARTS if checkpoint.config.has_fixed_kv else ()
    outside = (".arbitrator.hidden", ".arbitrator.logit", *(f".{part}" for part in parts))
    total = 0
    for layer, (rows, columns) in layer_shapes(checkpoint.config).items():
        if layer.startswith(f"{block}.") and not layer.endswith(outside):
            total += rows * columns + 4 * rows
    return total

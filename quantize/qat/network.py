"""The quantized network: same graph as the .tflite, whole utterances at once, exact integers in the
forward pass."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

import numpy as np
import torch
from skipstone.quantize.arithmetic.comparison import greater_thresholds
from skipstone.quantize.features.settings import FeatureSettings
from skipstone.quantize.models.amortized_transformer import NetworkOutput
from skipstone.quantize.models.arbitrator import GateSampling, sample_gates
from skipstone.quantize.models.attention import idle_resets, merge_heads, ring_window, split_heads
from skipstone.quantize.models.config import ModelConfig
from skipstone.quantize.models.transducer import greedy_logits
from skipstone.quantize.qat.activation import ActivationScale, Codes, ScaleObserver
from skipstone.quantize.qat.integer_ops import QuantizedLinear, add_codes, matmul_codes, softmax_codes
from skipstone.quantize.qat.transducer import QuantizedJoint, QuantizedPredictor
from torch import Tensor, nn


class QuantizedArbitrator(nn.Module):
    """FULLY_CONNECTED + RELU, FULLY_CONNECTED: gate logits."""

    def __init__(self, config: ModelConfig, blocks: int) -> None:
        super().__init__()
        self.threshold = config.gate_threshold
        self.hidden = QuantizedLinear(config.d_model, config.arbitrator_hidden, relu=True)
        self.logit = QuantizedLinear(config.arbitrator_hidden, blocks)

    @property
    def logit_activation(self) -> ActivationScale:
        """Quantization of the logits."""
        assert self.logit.activation is not None
        return self.logit.activation

    def forward(self, x: Codes, sampling: GateSampling | None) -> tuple[Tensor, Tensor]:
        """Return real gate logits and gates, both [batch, steps, blocks]."""
        codes = self.logit(self.hidden(x))
        logits = codes.codes * codes.scale
        gates = sample_gates(logits, self.threshold, sampling)
        if (sampling is not None and sampling.noise) or self.logit_activation.observer is not None:
            return logits, gates
        decided = (codes.codes.detach() >= self._smallest_open()).to(gates.dtype)
        return logits, decided + (gates - gates.detach())

    def _smallest_open(self) -> float:
        """Smallest logit code that GREATER lets pass, its rescaling included."""
        scale, zero_point = self.logit_activation.exact_scale, self.logit_activation.zero_point
        code = int(np.clip(np.rint(self.threshold / scale), -128, 125))
        return float(greater_thresholds([code], (scale, zero_point), (scale, zero_point))[0])


def own_arbitrator(config: ModelConfig) -> QuantizedArbitrator | None:
    """The arbitrator of one block, where each block has its own."""
    return QuantizedArbitrator(config, 1) if config.arbitrator_input == "block" else None


class QuantizedMha(nn.Module):
    """MHA body: projections, scores, softmax, context, output projection (residual outside)."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        width = config.attention_width
        self.config = config
        self.heads = config.heads
        self.beta = config.head_dim**-0.5
        self.query = QuantizedLinear(config.d_model, width)
        self.key = QuantizedLinear(config.d_model, width)
        self.value = QuantizedLinear(config.d_model, width)
        self.score = ActivationScale()
        self.context = ActivationScale()
        self.output = QuantizedLinear(width, config.d_model)
        self.arbitrator = own_arbitrator(config)

    def forward(self, x: Codes, gate: Tensor, resets: Tensor | None) -> Codes:
        """Output at every step; ``gate`` [batch, steps] says which steps write the ring under ``mask``,
        ``resets`` when it was emptied (see :func:`~skipstone.quantize.models.attention.ring_window`)."""
        window = ring_window(gate, self.config, resets)
        query, key, value = (self._heads(layer(x)) for layer in (self.query, self.key, self.value))
        scores = matmul_codes(query, Codes(key.codes.transpose(2, 3), key.scale), self.score)
        probabilities = softmax_codes(
            scores, window, self.beta, self.score.observer is not None, self.score.is_exact
        )
        context = matmul_codes(probabilities, value, self.context)
        return self.output(Codes(merge_heads(context.codes), context.scale))

    def _heads(self, x: Codes) -> Codes:
        return Codes(split_heads(x.codes, self.heads), x.scale)


class QuantizedFfn(nn.Module):
    """FFN body (residual outside)."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.up = QuantizedLinear(config.d_model, config.ffn, relu=True)
        self.down = QuantizedLinear(config.ffn, config.d_model)
        self.arbitrator = own_arbitrator(config)

    def forward(self, x: Codes, gate: Tensor, resets: Tensor | None) -> Codes:
        """Output at every step; ``gate`` and ``resets`` are taken for the common signature only."""
        del gate, resets
        return self.down(self.up(x))


class QuantizedFront(nn.Module):
    """Projection and causal convolution; the projection's output has the residual's scale."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.projection = QuantizedLinear(config.feature_count, config.d_model, own_scale=False)
        self.conv = QuantizedLinear(config.d_model, config.d_model, relu=True, taps=config.conv_taps)

    def forward(self, features: Codes, residual: ActivationScale) -> Codes:
        """[batch, steps, feature_count] → residual stream [batch, steps, d_model]."""
        projected = self.projection(features, residual)
        return add_codes(projected, self.conv(projected), residual)


class QuantizedLayer(nn.Module):
    """One MHA and one FFN block, with an arbitrator each when ``arbitrator_input`` is ``block``."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.mha = QuantizedMha(config)
        self.ffn = QuantizedFfn(config)


class QuantizedTransformer(nn.Module):
    """The network of ``docs/reference/interfaces.md``, section 2, without batch normalization."""

    def __init__(self, config: ModelConfig, features: FeatureSettings) -> None:
        super().__init__()
        self.config = config
        self.feature_scale = features.scale
        self.residual = ActivationScale()
        self.front = QuantizedFront(config)
        shared = config.arbitrator_input == "front"
        self.arbitrator = QuantizedArbitrator(config, config.blocks) if shared else None
        for index in range(config.layers):
            self.add_module(f"layer{index}", QuantizedLayer(config))
        if config.head == "transducer":
            self.predictor = QuantizedPredictor(config)
            self.joint = QuantizedJoint(config)
        width = config.d_model if config.head == "ctc" else config.joint_width
        self.head = QuantizedLinear(width, config.vocabulary)

    def block_modules(self) -> Iterator[QuantizedMha | QuantizedFfn]:
        """The blocks in gate order."""
        for index in range(self.config.layers):
            layer = self.get_submodule(f"layer{index}")
            assert isinstance(layer, QuantizedLayer)
            yield layer.mha
            yield layer.ffn

    def decide(self, features: Tensor) -> tuple[Tensor, Tensor]:
        """Gate logits and the gates of the device, both [batch, steps, blocks], without running a block; only
        where one arbitrator decides for all blocks (input ``front``)."""
        assert self.arbitrator is not None, "arbitrators that read the input of blocks need the blocks"
        return self.arbitrator(self._stream(features), None)

    def _stream(self, features: Tensor) -> Codes:
        """The residual stream that the first block meets."""
        scale = features.new_tensor(self.feature_scale)
        return self.front(Codes((features / scale).round(), scale), self.residual)

    def forward(
        self,
        features: Tensor,
        valid: Tensor,
        *,
        forced_gates: Tensor | None = None,
        sampling: GateSampling | None = None,
        contexts: Tensor | None = None,
    ) -> NetworkOutput:
        """As :meth:`AmortizedTransformer.forward`; every activation is an exact int8 value times its scale.

        Without ``sampling`` noise the gates are those of the device: integer logits against integer
        thresholds.
        """
        del valid
        x = self._stream(features)
        forced = None
        if forced_gates is not None:
            forced = forced_gates.to(features.dtype).expand(*features.shape[:2], self.config.blocks)
        shared = () if self.arbitrator is None else self.arbitrator(x, sampling)
        known = forced if forced is not None or not shared else shared[1]
        resets = None
        if self.config.idle_reset and known is not None:
            resets = idle_resets(known, self.config.idle_reset, self.config.idle_blocks)
        logits, gates = [], []
        for index, block in enumerate(self.block_modules()):
            if block.arbitrator is not None:
                logit, gate = (both[..., 0] for both in block.arbitrator(x, sampling))
            else:
                logit, gate = (both[..., index] for both in shared)
            if forced is not None:
                gate = forced[..., index]
            body = add_codes(x, block(x, gate, resets), self.residual)
            x = Codes(x.codes + gate.unsqueeze(2) * (body.codes - x.codes), x.scale)
            logits.append(logit)
            gates.append(gate)
        return NetworkOutput(
            logits=self._logits(x, contexts),
            gates=torch.stack(gates, dim=2),
            gate_logits=torch.stack(logits, dim=2),
        )

    def _logits(self, x: Codes, contexts: Tensor | None) -> Tensor:
        if self.config.head == "ctc":
            return _real(self.head(x))
        encoded = self.joint.encoder(x)

        def logits_at(codes: Tensor, last: Tensor) -> Tensor:
            return _real(self.head(self.joint(Codes(codes, encoded.scale), self.predictor(last))))

        if contexts is None:
            return greedy_logits(encoded.codes, logits_at)
        predicted = self.predictor(contexts)
        joined = self.joint(
            Codes(encoded.codes.unsqueeze(2), encoded.scale),
            Codes(predicted.codes.unsqueeze(1), predicted.scale),
        )
        return _real(self.head(joined))

    def set_exact_training(self, exact: bool) -> None:
        """Train with the device's integers, or with rounded real values (evaluation is always exact)."""
        for _, scale in self.activation_scales():
            scale.exact_training = exact

    def activation_scales(self) -> Iterator[tuple[str, ActivationScale]]:
        """Every learned scale by its checkpoint name (without ``.scale``)."""
        for name, module in self.named_modules():
            if isinstance(module, ActivationScale):
                yield name.removesuffix(".activation"), module


def _real(x: Codes) -> Tensor:
    return x.codes * x.scale


@contextmanager
def observers(network: QuantizedTransformer) -> Iterator[None]:
    """Run the network in real values (weights quantized) and set every scale from what was seen."""
    modules = [module for _, module in network.activation_scales()]
    for module in modules:
        module.observer = ScaleObserver(relu=module.zero_point != 0)
    try:
        yield
        for module in modules:
            assert module.observer is not None
            module.set_scale(module.observer.best_scale())
    finally:
        for module in modules:
            module.observer = None


@torch.no_grad()
def calibrate(
    network: QuantizedTransformer,
    batches: Iterable[tuple[Tensor, Tensor]],
    forced_gates: Tensor | None = None,
) -> None:
    """Initialize all scales from ``batches`` of (features, valid), with the gates that the arbitrators
    choose, or with ``forced_gates``."""
    with observers(network):
        for features, valid in batches:
            network(features, valid, forced_gates=forced_gates)

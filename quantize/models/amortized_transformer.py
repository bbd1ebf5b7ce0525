"""The compute-cost-amortized Transformer (Xie et al., Interspeech 2022, arXiv 2207.02393), streaming,
with a CTC or a transducer head.

Only the abstract of the paper was available: layer sizes, gate sampling and the treatment of skipped
keys and values are decisions of this project.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from skipstone.quantize.models.arbitrator import Arbitrator, GateSampling, sample_gates
from skipstone.quantize.models.attention import idle_resets
from skipstone.quantize.models.blocks import FfnBlock, Front, Layer, MhaBlock
from skipstone.quantize.models.config import ModelConfig
from skipstone.quantize.models.normalization import StepBatchNorm
from skipstone.quantize.models.transducer import Joint, Predictor, greedy_logits
from torch import Tensor, nn

BLANK_BIAS = 5.0
"""Initial logit of the blank: it fills most steps, and training need not begin by finding that out."""


@dataclass(frozen=True)
class NetworkOutput:
    """What one pass over a batch gives.

    Attributes:
        logits: [batch, steps, vocabulary]; of a transducer that was given ``contexts`` [batch, steps,
            contexts, vocabulary].
        gates: [batch, steps, blocks], 0.0 or 1.0 (straight-through gradients when sampled).
        gate_logits: [batch, steps, blocks].
    """

    logits: Tensor
    gates: Tensor
    gate_logits: Tensor


class AmortizedTransformer(nn.Module):
    """Front, gated blocks, head. Parameter names are the tensor names of the checkpoint."""

    def __init__(self, config: ModelConfig, dropout: float = 0.0) -> None:
        super().__init__()
        self.config = config
        self.front = Front(config)
        shared = config.arbitrator_input == "front"
        self.arbitrator = (
            Arbitrator(config.d_model, config.arbitrator_hidden, config.blocks) if shared else None
        )
        for index in range(config.layers):
            self.add_module(f"layer{index}", Layer(config, dropout))
        self.norm = StepBatchNorm(config.d_model)
        if config.head == "transducer":
            self.predictor = Predictor(config)
            self.joint = Joint(config)
        width = config.d_model if config.head == "ctc" else config.joint_width
        self.head = nn.Linear(width, config.vocabulary)
        nn.init.zeros_(self.head.bias)
        nn.init.constant_(self.head.bias[:1], BLANK_BIAS)

    def block_modules(self) -> Iterator[MhaBlock | FfnBlock]:
        """The blocks in gate order."""
        for index in range(self.config.layers):
            layer = self.get_submodule(f"layer{index}")
            assert isinstance(layer, Layer)
            yield layer.mha
            yield layer.ffn

    def forward(
        self,
        features: Tensor,
        valid: Tensor,
        *,
        forced_gates: Tensor | None = None,
        sampling: GateSampling | None = None,
        contexts: Tensor | None = None,
    ) -> NetworkOutput:
        """Run whole utterances; equal to running step by step with ring buffers.

        Args:
            features: float [batch, steps, feature_count], real values (log2 energy), padded at the end.
            valid: bool [batch, steps]; only valid steps enter the normalization statistics.
            forced_gates: [blocks] or anything that broadcasts to [batch, steps, blocks]; replaces the
            arbitrators.
            sampling: how training samples gates; ``None`` compares with the threshold.
            contexts: the last tokens before each number of tokens, int64 [batch, contexts,
            CONTEXT_TOKENS] (``token_contexts``); ``None`` decodes greedily, as the device does.
        """
        x = self.front(features, valid)
        shape = (*x.shape[:2], self.config.blocks)
        forced = None if forced_gates is None else forced_gates.to(x.dtype).expand(shape)
        shared = None if self.arbitrator is None else self.arbitrator(x, valid)
        known = forced if shared is None else self._gate(shared, forced, sampling)
        resets = None
        if self.config.idle_reset and known is not None:
            resets = idle_resets(known, self.config.idle_reset, self.config.idle_blocks)
        logits, gates = [], []
        for index, block in enumerate(self.block_modules()):
            if shared is None:
                assert block.arbitrator is not None, "without a shared arbitrator each block has its own"
                gate_logit = block.arbitrator(x, valid)[..., 0]
            else:
                gate_logit = shared[..., index]
            gate = self._gate(gate_logit, None, sampling) if known is None else known[..., index]
            x = x + gate.unsqueeze(2) * block(x, valid, gate, resets)
            logits.append(gate_logit)
            gates.append(gate)
        return NetworkOutput(
            logits=self._logits(self.norm(x, valid), contexts),
            gates=torch.stack(gates, dim=2),
            gate_logits=torch.stack(logits, dim=2),
        )

    def _logits(self, x: Tensor, contexts: Tensor | None) -> Tensor:
        if self.config.head == "ctc":
            return self.head(x)
        encoded = self.joint.encoder(x)
        if contexts is None:
            return greedy_logits(encoded, lambda row, last: self.head(self.joint(row, self.predictor(last))))
        return self.head(self.joint(encoded.unsqueeze(2), self.predictor(contexts).unsqueeze(1)))

    def _gate(self, logit: Tensor, forced: Tensor | None, sampling: GateSampling | None) -> Tensor:
        if forced is not None:
            return forced
        return sample_gates(logit, self.config.gate_threshold, sampling)

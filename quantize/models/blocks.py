"""The blocks that can be gated (MHA, FFN), the layer that pairs them, and the ungated front."""

from __future__ import annotations

import torch
from skipstone.quantize.features.settings import FeatureSettings
from skipstone.quantize.models.arbitrator import Arbitrator
from skipstone.quantize.models.attention import merge_heads, ring_window, split_heads, window_attention
from skipstone.quantize.models.config import ModelConfig
from skipstone.quantize.models.normalization import StepBatchNorm
from torch import Tensor, nn
from torch.nn import functional as F

SILENCE = FeatureSettings().silence


class DepthwiseConv(nn.Module):
    """Depthwise convolution over steps; ``weight`` is [taps, channels], the last tap is the present."""

    def __init__(self, taps: int, channels: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(taps, channels) * taps**-0.5)
        self.bias = nn.Parameter(torch.zeros(channels))

    def forward(self, x: Tensor) -> Tensor:
        """[batch, taps − 1 + steps, channels] → [batch, steps, channels]."""
        channels = self.weight.shape[1]
        out = F.conv1d(x.transpose(1, 2), self.weight.t().unsqueeze(1), self.bias, groups=channels)
        return out.transpose(1, 2)


class Front(nn.Module):
    """Projection of one step of features, plus a causal convolution that carries position.

    Before the first step there is digital silence, as before most streams; zeros there would be a sound that
    no stream begins with. On the device a state that was reset means the same
    (:func:`skipstone.quantize.qat.folding.fold_batch_norm`).
    """

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.before = config.conv_taps - 1
        self.norm = StepBatchNorm(config.feature_count)
        self.projection = nn.Linear(config.feature_count, config.d_model)
        self.conv = DepthwiseConv(config.conv_taps, config.d_model)
        self.conv_norm = StepBatchNorm(config.d_model)

    def forward(self, features: Tensor, valid: Tensor) -> Tensor:
        """[batch, steps, feature_count] → [batch, steps, d_model]."""
        silent = (self.before, 0)
        features = F.pad(features, (0, 0, *silent), value=SILENCE)
        projected = self.projection(self.norm(features, F.pad(valid, silent)))
        return projected[:, self.before :] + torch.relu(self.conv_norm(self.conv(projected), valid))


def own_arbitrator(config: ModelConfig) -> Arbitrator | None:
    """The arbitrator of one block, where each block has its own."""
    if config.arbitrator_input == "front":
        return None
    return Arbitrator(config.d_model, config.arbitrator_hidden, 1)


class MhaBlock(nn.Module):
    """Multi-head attention over the last written steps (residual outside)."""

    def __init__(self, config: ModelConfig, dropout: float) -> None:
        super().__init__()
        width = config.attention_width
        self.config = config
        self.heads = config.heads
        self.norm = StepBatchNorm(config.d_model)
        self.query = nn.Linear(config.d_model, width)
        self.key = nn.Linear(config.d_model, width)
        self.value = nn.Linear(config.d_model, width)
        self.output = nn.Linear(width, config.d_model)
        self.dropout = nn.Dropout(dropout)
        self.arbitrator = own_arbitrator(config)

    def forward(self, x: Tensor, valid: Tensor, gate: Tensor, resets: Tensor | None = None) -> Tensor:
        """Output of the block at every step, to be multiplied by ``gate`` [batch, steps].

        ``resets``: see :func:`~skipstone.quantize.models.attention.ring_window`.
        """
        normed = self.norm(x, valid)
        query, key, value = (
            split_heads(layer(normed), self.heads) for layer in (self.query, self.key, self.value)
        )
        context = window_attention(query, key, value, ring_window(gate, self.config, resets))
        return self.dropout(self.output(merge_heads(context)))


class FfnBlock(nn.Module):
    """Feed-forward block with ReLU (residual outside)."""

    def __init__(self, config: ModelConfig, dropout: float) -> None:
        super().__init__()
        self.norm = StepBatchNorm(config.d_model)
        self.up = nn.Linear(config.d_model, config.ffn)
        self.down = nn.Linear(config.ffn, config.d_model)
        self.dropout = nn.Dropout(dropout)
        self.arbitrator = own_arbitrator(config)

    def forward(self, x: Tensor, valid: Tensor, gate: Tensor, resets: Tensor | None = None) -> Tensor:
        """Output of the block at every step; ``gate`` and ``resets`` are taken for the common signature."""
        del gate, resets
        return self.dropout(self.down(torch.relu(self.up(self.norm(x, valid)))))


class Layer(nn.Module):
    """One MHA block and one FFN block, with an arbitrator each when ``arbitrator_input`` is ``block``."""

    def __init__(self, config: ModelConfig, dropout: float) -> None:
        super().__init__()
        self.mha = MhaBlock(config, dropout)
        self.ffn = FfnBlock(config, dropout)

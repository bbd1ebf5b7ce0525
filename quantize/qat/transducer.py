"""Predictor and joint network with exact integers in the forward pass."""

from __future__ import annotations

import torch
from skipstone.quantize.arithmetic.weights import rounded_weight, weight_scale
from skipstone.quantize.models.config import CONTEXT_TOKENS, ModelConfig
from skipstone.quantize.qat.activation import ActivationScale, Codes, straight_through
from skipstone.quantize.qat.integer_ops import QuantizedLinear, add_codes
from torch import Tensor, nn
from torch.nn import functional as F


class QuantizedEmbedding(nn.Module):
    """GATHER from an int8 table with one scale, ``max|w| / 127`` over the whole table."""

    def __init__(self, tokens: int, width: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(tokens, width))

    def forward(self, ids: Tensor) -> Codes:
        """int64 [...] → codes [..., width]."""
        flat = self.weight.detach().reshape(1, -1)
        scale = weight_scale(flat)
        exact = rounded_weight(flat, scale).reshape(self.weight.shape)
        table = straight_through(self.weight / scale, exact, -127, 127)
        return Codes(F.embedding(ids, table), scale[0])


class QuantizedPredictor(nn.Module):
    """GATHER, FULLY_CONNECTED + RELU."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        width = config.predictor_width
        self.embedding = QuantizedEmbedding(config.vocabulary, width)
        self.combine = QuantizedLinear(CONTEXT_TOKENS * width, width, relu=True)

    def forward(self, contexts: Tensor) -> Codes:
        """int64 [..., CONTEXT_TOKENS], oldest first → codes [..., predictor_width]."""
        embedded = self.embedding(contexts)
        return self.combine(Codes(embedded.codes.flatten(-2), embedded.scale))


class QuantizedJoint(nn.Module):
    """Two FULLY_CONNECTED and an ADD with a fused ReLU."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.encoder = QuantizedLinear(config.d_model, config.joint_width)
        self.predictor = QuantizedLinear(config.predictor_width, config.joint_width)
        self.hidden = ActivationScale(relu=True)

    def forward(self, encoded: Codes, predicted: Codes) -> Codes:
        """Codes [..., joint_width] of what ``encoder`` gave and of the predictor; leading axes broadcast."""
        return add_codes(encoded, self.predictor(predicted), self.hidden)

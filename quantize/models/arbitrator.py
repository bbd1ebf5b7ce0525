"""Arbitrators: the small nets that decide, per step, which blocks run; and how their decisions are
sampled."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from skipstone.quantize.models.normalization import StepBatchNorm
from torch import Tensor, nn


@dataclass(frozen=True)
class GateSampling:
    """How training turns gate logits into gates.

    Attributes:
        temperature: of the sigmoid; annealed towards a step function.
        noise: add logistic noise, which makes the gate a sample of Bernoulli(sigmoid(logit))
            (the binary Concrete distribution: Maddison et al. 2017, section 4; Jang et al. 2017).
    """

    temperature: float = 1.0
    noise: bool = True


class Arbitrator(nn.Module):
    """One hidden layer with ReLU, one logit a block."""

    def __init__(self, d_model: int, hidden: int, blocks: int, open_bias: float = 2.0) -> None:
        super().__init__()
        self.norm = StepBatchNorm(d_model)
        self.hidden = nn.Linear(d_model, hidden)
        self.logit = nn.Linear(hidden, blocks)
        nn.init.normal_(self.logit.weight, std=0.05)
        nn.init.constant_(self.logit.bias, open_bias)

    def forward(self, x: Tensor, valid: Tensor) -> Tensor:
        """Map ``x`` [batch, steps, d_model] to gate logits [batch, steps, blocks]."""
        return self.logit(torch.relu(self.hidden(self.norm(x, valid))))


def sample_gates(logits: Tensor, threshold: float, sampling: GateSampling | None) -> Tensor:
    """Hard gates (float32, 0 or 1) of ``logits``; with ``sampling``, straight-through gradients of the soft
    gate.

    Without ``sampling`` (inference) a block runs where ``logit > threshold``.
    """
    logits = logits.float()  # under autocast they may have too few bits for noise and sums over steps
    if sampling is None:
        return (logits > threshold).to(logits.dtype)
    shifted = logits - threshold
    if sampling.noise:
        uniform = torch.rand_like(shifted).clamp_(1e-6, 1 - 1e-6)
        shifted = shifted + torch.logit(uniform)
    soft = torch.sigmoid(shifted / sampling.temperature)
    hard = (shifted > 0).to(soft.dtype)
    return hard + (soft - soft.detach())

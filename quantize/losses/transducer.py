"""The transducer loss (Graves 2012, arXiv 1211.3711, section 2.4), by the forward variable in log space.

A path through the lattice begins before the first step with no token written and ends after the last step
with all of them written. Two lattices:

``one``: every step writes the blank or exactly one token and moves on to the next step (Tripathi et al.
2019, "Monotonic recurrent neural network transducer and decoding strategies"; the same paths as the recurrent
neural aligner, Sak et al. 2017). This is what the device decodes.

``any``: a step may write any number of tokens before its blank moves on (Graves' lattice).
"""

from __future__ import annotations

from typing import Any

import torch
from skipstone.quantize.models.config import SymbolsPerStep
from torch import Tensor
from torch.nn import functional as F

IMPOSSIBLE = -1e30
"""Log probability of no path: finite, so that the sum of two of them has a gradient (zero, not NaN)."""


def transducer_loss(
    logits: Tensor,
    lengths: Tensor,
    targets: Tensor,
    target_lengths: Tensor,
    symbols_per_step: SymbolsPerStep = "one",
) -> Tensor:
    """Mean over the batch of the negative log likelihood per token; the blank is token 0.

    Memory: two float32 arrays of the size of ``logits``: these, and their gradient.

    Args:
        logits: float [batch, steps, U + 1, vocabulary]; ``[b, t, u]`` is at step ``t`` after ``u`` tokens.
        lengths: int64 [batch], valid steps.
        targets: int64 [batch, U], padded with any token.
        target_lengths: int64 [batch].
        symbols_per_step: the lattice, ``one`` or ``any``.

    Returns:
        A scalar; an utterance too short for its text counts as zero, one without text by its blanks alone.
    """
    blank, label = _arc_scores(logits, targets)
    forward = _one_symbol_forward if symbols_per_step == "one" else _any_symbols_forward
    batch = torch.arange(len(logits), device=logits.device)
    total = forward(blank, label)[lengths, batch, target_lengths]
    possible = total > IMPOSSIBLE / 2
    return (-torch.where(possible, total, 0.0) / target_lengths.clamp(min=1)).mean()


def _arc_scores(logits: Tensor, targets: Tensor) -> tuple[Tensor, Tensor]:
    """Log probability of the blank [batch, steps, U + 1] and of the next token [batch, steps, U]."""
    scores = logits.float() if logits.dtype in (torch.float16, torch.bfloat16) else logits
    places = F.pad(targets, (0, 1))
    arcs = torch.stack([torch.zeros_like(places), places], dim=2)
    chosen = _ChosenLogProbabilities.apply(scores, arcs.unsqueeze(1).expand(-1, scores.shape[1], -1, -1))
    return chosen[..., 0], chosen[:, :, :-1, 1]


class _ChosenLogProbabilities(torch.autograd.Function):
    """``log_softmax(scores, -1).gather(-1, chosen)`` without the array of all log probabilities."""

    @staticmethod
    def forward(ctx: Any, scores: Tensor, chosen: Tensor) -> Tensor:
        total = scores.logsumexp(-1, keepdim=True)
        ctx.save_for_backward(scores, chosen, total)
        return scores.gather(-1, chosen) - total

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None]:
        scores, chosen, total = ctx.saved_tensors
        gradient = (scores - total).exp_().mul_(-gradients[0].sum(-1, keepdim=True))
        return gradient.scatter_add_(-1, chosen, gradients[0]), None


def _start(blank: Tensor) -> Tensor:
    """[batch, U + 1]: no token written yet."""
    start = torch.full_like(blank[:, 0], IMPOSSIBLE)
    start[:, 0] = 0.0
    return start


def _one_symbol_forward(blank: Tensor, label: Tensor) -> Tensor:
    """[steps + 1, batch, U + 1]: log probability of ``u`` tokens after the first ``t`` steps."""
    alpha = _start(blank)
    alphas = [alpha]
    for stay, write in zip(blank.unbind(1), label.unbind(1), strict=True):
        written = F.pad(alpha[:, :-1] + write, (1, 0), value=IMPOSSIBLE)
        alpha = torch.logaddexp(alpha + stay, written)
        alphas.append(alpha)
    return torch.stack(alphas)


def _any_symbols_forward(blank: Tensor, label: Tensor) -> Tensor:
    """As :func:`_one_symbol_forward`.

    Within a step ``α(u) = log(exp ε(u) + exp(α(u − 1) + w(u − 1)))`` with ``ε`` what the blanks of the step
    before bring in. With ``c`` the running sum of ``w`` that is ``c + logcumsumexp(ε − c)``, without a loop
    over tokens.
    """
    alpha = _start(blank)
    alphas = [alpha]
    for stay, write in zip(blank.unbind(1), label.unbind(1), strict=True):
        written = F.pad(write.cumsum(1), (1, 0))
        alpha = written + torch.logcumsumexp(alpha - written, dim=1) + stay
        alphas.append(alpha)
    return torch.stack(alphas)

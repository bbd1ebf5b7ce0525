"""Connectionist temporal classification (Graves et al. 2006)."""

from __future__ import annotations

from torch import Tensor
from torch.nn import functional as F


def ctc_loss(logits: Tensor, lengths: Tensor, targets: Tensor, target_lengths: Tensor) -> Tensor:
    """Mean over the batch of the negative log likelihood per token; the blank is token 0.

    Args:
        logits: float [batch, steps, vocabulary].
        lengths: int64 [batch], valid steps.
        targets: int64 [Σ target_lengths], token ids end to end.
        target_lengths: int64 [batch].

    Returns:
        A float32 scalar; an utterance too short for its text counts as zero, one without a text by the
        likelihood of blanks alone.
    """
    log_probabilities = F.log_softmax(logits.float(), dim=2).transpose(0, 1)
    return F.ctc_loss(log_probabilities, targets, lengths, target_lengths, blank=0, zero_infinity=True)

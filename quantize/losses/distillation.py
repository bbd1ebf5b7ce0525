"""Distillation: a network learns to answer like another (Hinton et al. 2015, section 2, at temperature 1)."""

from __future__ import annotations

from torch import Tensor
from torch.nn import functional as F


def distillation_loss(student: Tensor, teacher: Tensor, valid: Tensor, target_lengths: Tensor) -> Tensor:
    """Kullback-Leibler divergence from ``teacher`` to ``student`` over the valid steps, per token.

    Args:
        student, teacher: logits, float [batch, steps, vocabulary]; the teacher's gradient is not used.
        valid: bool [batch, steps].
        target_lengths: int64 [batch]; dividing by their sum gives the scale of the CTC loss per token.

    Returns:
        A scalar.
    """
    wanted = F.log_softmax(teacher.detach()[valid].float(), dim=1)
    given = F.log_softmax(student[valid].float(), dim=1)
    divergence = F.kl_div(given, wanted, log_target=True, reduction="sum")
    return divergence / target_lengths.sum().clamp(min=1)

"""The transducer head: a stateless predictor, a joint network, and greedy decoding of one symbol a step.

The predictor sees the last two tokens only (Ghodsi et al. 2020, "RNN-Transducer with stateless prediction
network"), so that its whole state is two token ids. The blank stands for "no token yet".
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from skipstone.quantize.models.config import CONTEXT_TOKENS, ModelConfig
from torch import Tensor, nn
from torch.nn import functional as F


class Predictor(nn.Module):
    """Embeddings of the last tokens, combined by one linear map with ReLU."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.embedding = nn.Embedding(config.vocabulary, config.predictor_width)
        self.combine = nn.Linear(CONTEXT_TOKENS * config.predictor_width, config.predictor_width)

    def forward(self, contexts: Tensor) -> Tensor:
        """int64 [..., CONTEXT_TOKENS], oldest first → [..., predictor_width]."""
        return torch.relu(self.combine(self.embedding(contexts).flatten(-2)))


class Joint(nn.Module):
    """``relu(encoder(x) + predictor(p))``: the hidden layer from which the head computes the logits."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.encoder = nn.Linear(config.d_model, config.joint_width)
        self.predictor = nn.Linear(config.predictor_width, config.joint_width)

    def forward(self, encoded: Tensor, predicted: Tensor) -> Tensor:
        """[..., joint_width] of what ``encoder`` gave, and [..., predictor_width]; leading axes broadcast."""
        return torch.relu(encoded + self.predictor(predicted))


def token_contexts(targets: Tensor) -> Tensor:
    """What the predictor sees after each number of tokens.

    Args:
        targets: int64 [batch, U].

    Returns:
        int64 [batch, U + 1, CONTEXT_TOKENS], oldest first, blanks (0) before the first token.
    """
    return F.pad(targets, (CONTEXT_TOKENS, 0)).unfold(1, CONTEXT_TOKENS, 1)


def padded_targets(targets: Tensor, target_lengths: Tensor) -> Tensor:
    """Token ids end to end, int64 [Σ target_lengths] → int64 [batch, U], padded with 0."""
    parts = list(targets.split(target_lengths.tolist()))
    return nn.utils.rnn.pad_sequence(parts, batch_first=True)


@torch.no_grad()
def greedy_logits(encoded: Tensor, logits_at: Callable[[Tensor, Tensor], Tensor]) -> Tensor:
    """Decode greedily, at most one symbol a step, as the device does.

    Args:
        encoded: [batch, steps, width], anything that has one row a step.
        logits_at: (row [batch, width], contexts int64 [batch, CONTEXT_TOKENS]) → logits [batch, vocabulary].

    Returns:
        Logits [batch, steps, vocabulary], those from which the device takes its tokens.
    """
    context = torch.zeros(len(encoded), CONTEXT_TOKENS, dtype=torch.int64, device=encoded.device)
    logits = []
    for row in encoded.unbind(1):
        logits.append(logits_at(row, context))
        best = logits[-1].argmax(1, keepdim=True)
        context = torch.where(best > 0, torch.cat([context[:, 1:], best], dim=1), context)
    return torch.stack(logits, dim=1)

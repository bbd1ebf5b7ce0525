"""The loss of the task, by the head of the network."""

from __future__ import annotations

from skipstone.quantize.losses.ctc import ctc_loss
from skipstone.quantize.losses.transducer import transducer_loss
from skipstone.quantize.models.amortized_transformer import NetworkOutput
from skipstone.quantize.models.transducer import padded_targets
from torch import Tensor


def task_loss(output: NetworkOutput, lengths: Tensor, targets: Tensor, target_lengths: Tensor) -> Tensor:
    """Mean over the batch of the negative log likelihood per token.

    Args:
        output: of a batch; a transducer's with the contexts of ``targets``.
        lengths: int64 [batch], valid steps.
        targets: int64 [Σ target_lengths], token ids end to end.
        target_lengths: int64 [batch].
    """
    if output.head == "ctc":
        return ctc_loss(output.logits, lengths, targets, target_lengths)
    padded = padded_targets(targets, target_lengths)
    return transducer_loss(output.logits, lengths, padded, target_lengths, output.symbols_per_step)

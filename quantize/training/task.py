"""The task loss of a network, whichever head it has."""

from __future__ import annotations

import torch
from skipstone.quantize.losses.ctc import ctc_loss
from skipstone.quantize.losses.transducer import transducer_loss
from skipstone.quantize.models.amortized_transformer import NetworkOutput
from skipstone.quantize.models.arbitrator import GateSampling
from skipstone.quantize.models.config import ModelConfig
from skipstone.quantize.models.transducer import padded_targets, token_contexts
from skipstone.quantize.training.batches import Batch
from torch import Tensor, nn


def task_loss(
    network: nn.Module,
    config: ModelConfig,
    batch: Batch,
    forced_gates: Tensor | None,
    sampling: GateSampling | None,
    precision: str = "float32",
) -> tuple[Tensor, NetworkOutput]:
    """Run ``network`` on ``batch`` in ``precision``; the loss itself is computed in float32.

    Returns:
        Mean negative log likelihood per token, a scalar; and what the network gave.
    """
    targets = padded_targets(batch.targets, batch.target_lengths) if config.head == "transducer" else None
    contexts = {} if targets is None else {"contexts": token_contexts(targets)}
    with torch.autocast(batch.features.device.type, torch.bfloat16, enabled=precision == "bfloat16"):
        output = network(
            batch.features, batch.valid, forced_gates=forced_gates, sampling=sampling, **contexts
        )
    if targets is None:
        return ctc_loss(output.logits, batch.lengths, batch.targets, batch.target_lengths), output
    lattice = config.symbols_per_step
    return transducer_loss(output.logits, batch.lengths, targets, batch.target_lengths, lattice), output

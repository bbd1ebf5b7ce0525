"""Multiply-accumulates (MACs) of the parts of the network, and the compute fraction of a run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from skipstone.quantize.models.config import BlockKind, ModelConfig

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True)
class NetworkCosts:
    """MACs of one step: of each block (gate order), of all arbitrators together, and of the ungated rest."""

    blocks: tuple[int, ...]
    arbitrators: int
    fixed: int

    @classmethod
    def of(cls, config: ModelConfig) -> NetworkCosts:
        """Count the MACs of ``config``; attention counts all ``positions``, as the firmware computes them."""
        return cls(
            blocks=tuple(block_macs(config, kind) for kind in config.block_kinds),
            arbitrators=arbitrator_macs(config),
            fixed=config.d_model * (config.feature_count + config.conv_taps + config.vocabulary),
        )

    def compute_fraction(self, gates: Tensor, valid: Tensor | None = None) -> Tensor:
        """Σ executed cost / Σ all cost, arbitrators counted on both sides, the fixed part on neither.

        Args:
            gates: [batch, steps, blocks], 1 where a block ran; gradients flow through it.
            valid: bool [batch, steps], steps that count; all when ``None``.

        Returns:
            A scalar in (0, 1].
        """
        weights = gates.new_tensor(self.blocks)
        executed = gates @ weights
        if valid is not None:
            executed = executed * valid
            steps = valid.sum()
        else:
            steps = gates.new_tensor(float(executed.numel()))
        overhead = steps * self.arbitrators
        return (executed.sum() + overhead) / (steps * weights.sum() + overhead)


def block_macs(config: ModelConfig, kind: BlockKind) -> int:
    """MACs of one executed block at one step."""
    if kind == "ffn":
        return 2 * config.d_model * config.ffn
    projections = 4 * config.d_model * config.attention_width
    return projections + 2 * config.positions * config.attention_width


def arbitrator_macs(config: ModelConfig) -> int:
    """MACs of all arbitrators at one step."""
    if config.arbitrator_input == "front":
        return config.arbitrator_hidden * (config.d_model + config.blocks)
    return config.blocks * config.arbitrator_hidden * (config.d_model + 1)

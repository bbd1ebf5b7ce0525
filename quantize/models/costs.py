"""Multiply-accumulates (MACs) of the parts of the network, and the compute fraction of a run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from skipstone.quantize.models.config import CONTEXT_TOKENS, BlockKind, ModelConfig

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True)
class NetworkCosts:
    """MACs of one step.

    Attributes:
        blocks: what the gate of each block switches, in gate order.
        arbitrators: all of them together.
        fixed: everything else that runs at every step.
        fixed_blocks: the part of ``fixed`` that is work of blocks: keys and values with ``always_kv``.
    """

    blocks: tuple[int, ...]
    arbitrators: int
    fixed: int
    fixed_blocks: int = 0

    @classmethod
    def of(cls, config: ModelConfig) -> NetworkCosts:
        """Count the MACs of ``config``; attention counts all ``positions``, as the firmware computes them."""
        fixed_blocks = config.layers * key_value_macs(config) if config.has_fixed_kv else 0
        ends = config.d_model * (config.feature_count + config.conv_taps) + head_macs(config)
        return cls(
            blocks=tuple(block_macs(config, kind) for kind in config.block_kinds),
            arbitrators=arbitrator_macs(config),
            fixed=ends + fixed_blocks,
            fixed_blocks=fixed_blocks,
        )

    def compute_fraction(self, gates: Tensor, valid: Tensor | None = None) -> Tensor:
        """Σ executed cost / Σ all cost; arbitrators and the fixed work of blocks are counted on both sides,
        the rest of the fixed part on neither.

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
        overhead = steps * (self.arbitrators + self.fixed_blocks)
        return (executed.sum() + overhead) / (steps * weights.sum() + overhead)


def block_macs(config: ModelConfig, kind: BlockKind) -> int:
    """MACs that the gate of a block switches at one step."""
    if kind == "ffn":
        return 2 * config.d_model * config.ffn
    query_and_output = 2 * config.d_model * config.attention_width
    attention = 2 * config.positions * config.attention_width
    return query_and_output + attention + (0 if config.has_fixed_kv else key_value_macs(config))


def key_value_macs(config: ModelConfig) -> int:
    """MACs of the key and value projections of one MHA block at one step."""
    return 2 * config.d_model * config.attention_width


def head_macs(config: ModelConfig) -> int:
    """MACs of the head at one step; a transducer computes predictor and joint network once."""
    if config.head == "ctc":
        return config.d_model * config.vocabulary
    predictor = CONTEXT_TOKENS * config.predictor_width**2
    joint = config.joint_width * (config.d_model + config.predictor_width)
    return predictor + joint + config.joint_width * config.vocabulary


def arbitrator_macs(config: ModelConfig) -> int:
    """MACs of all arbitrators at one step."""
    if config.arbitrator_input == "front":
        return config.arbitrator_hidden * (config.d_model + config.blocks)
    return config.blocks * config.arbitrator_hidden * (config.d_model + 1)

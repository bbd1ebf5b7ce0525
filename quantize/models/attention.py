"""Attention over the last written steps, for whole utterances at once.

A ring buffer of ``positions`` keys and values is what runs on the device. With the K/V policy ``mask`` only
executed steps write it, with ``always_kv`` every step. Here the same window is a mask over all steps of the
utterance: step ``j`` is in the window of step ``t`` when it was written, ``j ≤ t``, and fewer than
``positions`` written steps lie between. Entries that were never written have key and value zero; they take
part in the softmax with score 0. After an idle reset (``ModelConfig.idle_reset``) the ring is empty again.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from skipstone.quantize.models.config import ModelConfig
from torch import Tensor
from torch.nn import functional


@dataclass(frozen=True)
class RingWindow:
    """Which steps each step attends to.

    Attributes:
        inside: bool [batch, steps, steps] (query, key).
        empty: float [batch, steps], entries of the ring not yet written at that step.
    """

    inside: Tensor
    empty: Tensor


def idle_resets(gates: Tensor, steps: int, blocks: int = 0) -> Tensor:
    """How often the stream has been forgotten before each step, int64 [batch, steps].

    Args:
        gates: [batch, steps, blocks], 0 or 1.
        steps: of :attr:`ModelConfig.idle_reset`, more than 0.
        blocks: of :attr:`ModelConfig.idle_blocks`.
    """
    idle = (gates.detach() > 0.5).sum(dim=2) <= blocks
    if not idle.any():
        return torch.zeros(idle.shape, dtype=torch.int64, device=idle.device)
    waiting = torch.zeros(len(idle), dtype=torch.int64, device=idle.device)
    executed, done = torch.zeros_like(waiting), torch.zeros_like(waiting)
    resets = []
    for now in idle.unbind(1):
        resets.append(done)
        waiting = torch.where(now, waiting + 1, 0)
        executed = torch.where(now, executed, executed + 1)
        reset = (waiting >= steps) & (executed >= steps)
        waiting, executed = waiting.masked_fill(reset, 0), executed.masked_fill(reset, 0)
        done = done + reset
    return torch.stack(resets, dim=1)


def ring_window(gate: Tensor, config: ModelConfig, resets: Tensor | None = None) -> RingWindow:
    """Build the window of one MHA block.

    Args:
        gate: [batch, steps], 0 or 1; its gradient is not used.
        config: of the network.
        resets: see :func:`idle_resets`; keys and values from before a reset are out of the window.
    """
    positions = config.positions
    written = torch.ones_like(gate, dtype=torch.bool) if config.has_fixed_kv else gate.detach() > 0.5
    count = written.cumsum(1)
    steps = gate.shape[1]
    causal = torch.ones(steps, steps, dtype=torch.bool, device=gate.device).tril()
    recent = count.unsqueeze(2) - count.unsqueeze(1) < positions
    inside = causal & recent & written.unsqueeze(1)
    if resets is not None:
        inside &= resets.unsqueeze(2) == resets.unsqueeze(1)
        count = _since_reset(count, resets)
    empty = (positions - count).clamp(min=0).to(torch.float32)
    return RingWindow(inside, empty)


def _since_reset(count: Tensor, resets: Tensor) -> Tensor:
    """Written steps since the last reset, from those since the begin; both int64 [batch, steps]."""
    before = functional.pad(count[:, :-1], (1, 0))
    first = functional.pad(resets[:, 1:] != resets[:, :-1], (1, 0))
    return count - torch.where(first, before, torch.zeros_like(before)).cummax(1).values


def window_attention(query: Tensor, key: Tensor, value: Tensor, window: RingWindow) -> Tensor:
    """Softmax attention with the empty entries in the denominator.

    Args:
        query, key, value: [batch, heads, steps, head_dim].
        window: see :func:`ring_window`; the scores are scaled by ``head_dim ** -0.5``.

    Returns:
        [batch, heads, steps, head_dim].
    """
    batch, _, steps, _ = query.shape
    with torch.autocast(query.device.type, enabled=False):
        bias = torch.zeros(batch, 1, steps, steps + 1, device=query.device)
        bias[..., :-1].masked_fill_(~window.inside.unsqueeze(1), float("-inf"))
        bias[..., -1] = window.empty.log().unsqueeze(1)
        one_more = (0, 0, 0, 1)  # all empty entries together: score 0 each, value 0
        return functional.scaled_dot_product_attention(
            query.float(),
            functional.pad(key.float(), one_more),
            functional.pad(value.float(), one_more),
            attn_mask=bias,
        )


def split_heads(x: Tensor, heads: int) -> Tensor:
    """[batch, steps, heads · head_dim] → [batch, heads, steps, head_dim]."""
    batch, steps, width = x.shape
    return x.reshape(batch, steps, heads, width // heads).transpose(1, 2)


def merge_heads(x: Tensor) -> Tensor:
    """[batch, heads, steps, head_dim] → [batch, steps, heads · head_dim]."""
    batch, heads, steps, head_dim = x.shape
    return x.transpose(1, 2).reshape(batch, steps, heads * head_dim)

"""Folding of batch normalization into the linear map behind it (or before it, for the convolution)."""

from __future__ import annotations

import torch
from skipstone.quantize.models.amortized_transformer import AmortizedTransformer
from skipstone.quantize.models.arbitrator import Arbitrator
from skipstone.quantize.models.blocks import FfnBlock, Front, MhaBlock
from skipstone.quantize.models.normalization import StepBatchNorm
from torch import Tensor, nn


@torch.no_grad()
def fold_batch_norm(model: AmortizedTransformer) -> dict[str, Tensor]:
    """Weights of the same function without batch normalization (running statistics, as in evaluation).

    Before a linear map, ``W (s ∘ x + t) + b = (W diag s) x + (W t + b)``; after the convolution,
    ``s ∘ (k ∗ x + b) + t = (s ∘ k) ∗ x + (s ∘ b + t)``.

    Returns:
        float32 tensors ``<layer>.weight`` and ``<layer>.bias`` by checkpoint name.
    """
    tensors = _front(model.front)
    if model.arbitrator is not None:
        tensors |= _arbitrator("arbitrator", model.arbitrator)
    for name, block in zip(model.config.block_names, model.block_modules(), strict=True):
        prefix = name.replace("/", ".")
        tensors |= _block(prefix, block)
        if block.arbitrator is not None:
            tensors |= _arbitrator(f"{prefix}.arbitrator", block.arbitrator)
    return tensors | _head(model)


def _head(model: AmortizedTransformer) -> dict[str, Tensor]:
    if model.config.head == "ctc":
        return _after_norm("head", model.norm, model.head)
    return (
        _after_norm("joint.encoder", model.norm, model.joint.encoder)
        | _plain("joint.predictor", model.joint.predictor)
        | _plain("predictor.combine", model.predictor.combine)
        | {"predictor.embedding.weight": model.predictor.embedding.weight.clone()}
        | _plain("head", model.head)
    )


def _front(front: Front) -> dict[str, Tensor]:
    scale, offset = front.conv_norm.affine()
    return _after_norm("front.projection", front.norm, front.projection) | {
        "front.conv.weight": front.conv.weight * scale,
        "front.conv.bias": front.conv.bias * scale + offset,
    }


def _block(prefix: str, block: MhaBlock | FfnBlock) -> dict[str, Tensor]:
    if isinstance(block, FfnBlock):
        return _after_norm(f"{prefix}.up", block.norm, block.up) | _plain(f"{prefix}.down", block.down)
    tensors = _plain(f"{prefix}.output", block.output)
    for name, layer in (("query", block.query), ("key", block.key), ("value", block.value)):
        tensors |= _after_norm(f"{prefix}.{name}", block.norm, layer)
    return tensors


def _arbitrator(prefix: str, arbitrator: Arbitrator) -> dict[str, Tensor]:
    hidden = _after_norm(f"{prefix}.hidden", arbitrator.norm, arbitrator.hidden)
    return hidden | _plain(f"{prefix}.logit", arbitrator.logit)


def _after_norm(name: str, norm: StepBatchNorm, layer: nn.Linear) -> dict[str, Tensor]:
    scale, offset = norm.affine()
    return {f"{name}.weight": layer.weight * scale, f"{name}.bias": layer.bias + layer.weight @ offset}


def _plain(name: str, layer: nn.Linear) -> dict[str, Tensor]:
    return {f"{name}.weight": layer.weight.clone(), f"{name}.bias": layer.bias.clone()}

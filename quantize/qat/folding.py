"""Folding of batch normalization into the linear map behind it (or before it, for the convolution)."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from skipstone.quantize.models.amortized_transformer import AmortizedTransformer
from skipstone.quantize.models.arbitrator import Arbitrator
from skipstone.quantize.models.blocks import SILENCE, FfnBlock, Front, MhaBlock
from skipstone.quantize.models.normalization import StepBatchNorm
from torch import Tensor, nn

READ_THE_STREAM = ("query", "key", "value", "up", "hidden")


@torch.no_grad()
def fold_batch_norm(model: AmortizedTransformer) -> dict[str, Tensor]:
    """Weights of the same function without batch normalization (running statistics, as in evaluation).

    Before a linear map, ``W (s ∘ x + t) + b = (W diag s) x + (W t + b)``; after the convolution,
    ``s ∘ (k ∗ x + b) + t = (s ∘ k) ∗ x + (s ∘ b + t)``.

    The residual stream is then counted from digital silence: ``p``, what the projection makes of a silent
    step, is taken from the projection's bias and given to those of all that read the stream, ``W (x − p) +
    (b + W p)``. A state of zeros, which is what a reset leaves, so means that silence came before.

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
    tensors |= _head(model)
    _count_from_silence(tensors)
    return tensors


def _count_from_silence(tensors: dict[str, Tensor]) -> None:
    weight, bias = tensors["front.projection.weight"], tensors["front.projection.bias"]
    silent = weight.sum(dim=1) * SILENCE + bias
    tensors["front.projection.bias"] = bias - silent
    tensors["front.conv.bias"] = tensors["front.conv.bias"] + tensors["front.conv.weight"].sum(dim=0) * silent
    for name in _readers(tensors):
        tensors[f"{name}.bias"] = tensors[f"{name}.bias"] + tensors[f"{name}.weight"] @ silent


def _readers(tensors: Mapping[str, Tensor]) -> list[str]:
    """Layers whose input is the residual stream."""
    head = "joint.encoder" if "joint.encoder.weight" in tensors else "head"
    layers = [name.removesuffix(".weight") for name in tensors if name.endswith(".weight")]
    return [name for name in layers if name == head or name.split(".")[-1] in READ_THE_STREAM]


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

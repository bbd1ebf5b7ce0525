"""The weights that a stage begins with: of chance, of a checkpoint, or of the stage before it."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from skipstone.quantize.corpora.tokens import TokenList
from skipstone.quantize.features.settings import FeatureSettings
from skipstone.quantize.training.checkpoint import Checkpoint, CheckpointError
from torch import Tensor

TOKEN_ROWS = ("head.weight", "head.bias", "predictor.embedding.weight")
"""Tensors with one row a token."""


def match_tokens(checkpoint: Checkpoint, tokens: TokenList, own: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Weights of ``checkpoint`` for a network with the token list ``tokens``.

    Args:
        own: the network's tensors as they are now, which rows of tokens unknown to the checkpoint keep.
    """
    weights = dict(checkpoint.weights)
    place = {token: index for index, token in enumerate(checkpoint.tokens.tokens)}
    known = [(index, place[token]) for index, token in enumerate(tokens.tokens) if token in place]
    here, there = (torch.tensor(list(indices)) for indices in zip(*known, strict=True))
    for name in TOKEN_ROWS:
        if name not in weights or name not in own or weights[name].shape[1:] != own[name].shape[1:]:
            continue  # load_weights names what does not fit
        rows = own[name].detach().cpu().clone()
        rows[here] = weights[name][there]
        weights[name] = rows
    return weights


def check_features(checkpoint: Checkpoint, settings: FeatureSettings, what: str) -> None:
    """Refuse a checkpoint of another front end.

    Raises:
        CheckpointError: the settings differ; each difference is named.
    """
    theirs, ours = checkpoint.features.as_dict(), settings.as_dict()
    differences = [f"{key} is {theirs[key]}, not {ours[key]}" for key in ours if theirs[key] != ours[key]]
    if differences:
        raise CheckpointError(
            f"{what}: features: {'; '.join(differences)}", "use the [features] of the checkpoint"
        )

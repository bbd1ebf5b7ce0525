"""From the float network to the quantized one, and from either to the tensors of a checkpoint."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import torch
from skipstone.quantize.errors import SkipstoneError
from skipstone.quantize.features.settings import FeatureSettings
from skipstone.quantize.models.amortized_transformer import AmortizedTransformer
from skipstone.quantize.models.config import ModelConfig
from skipstone.quantize.qat.folding import fold_batch_norm
from skipstone.quantize.qat.network import QuantizedTransformer, calibrate
from torch import Tensor, nn


class QatError(SkipstoneError):
    """Tensors that do not fit the quantized network."""


def quantized_network(
    model: AmortizedTransformer,
    features: FeatureSettings,
    batches: Iterable[tuple[Tensor, Tensor]],
    forced_gates: Tensor | None = None,
) -> QuantizedTransformer:
    """Fold ``model`` and calibrate its activation scales on ``batches`` of (features, valid), with the gates
    of the arbitrators or ``forced_gates``."""
    network = QuantizedTransformer(model.config, features)
    network.load_state_dict(fold_batch_norm(model), strict=False)
    calibrate(network, batches, forced_gates)
    return network


@torch.no_grad()
def checkpoint_tensors(network: nn.Module) -> dict[str, Tensor]:
    """Tensors of a checkpoint: of a quantized network weights, biases and ``<tensor>.scale``; of a
    float one all it has."""
    if not isinstance(network, QuantizedTransformer):
        return dict(network.state_dict())
    tensors = {name: value for name, value in network.state_dict().items() if not name.endswith("log_scale")}
    return tensors | {f"{name}.scale": scale.scale for name, scale in network.activation_scales()}


@torch.no_grad()
def load_quantized(
    config: ModelConfig, features: FeatureSettings, tensors: Mapping[str, Tensor]
) -> QuantizedTransformer:
    """Rebuild the quantized network of a ``qat`` checkpoint.

    Raises:
        QatError: tensors are missing.
    """
    network = QuantizedTransformer(config, features)
    own = {name for name in network.state_dict() if not name.endswith("log_scale")}
    scales = dict(network.activation_scales())
    missing = [name for name in (*own, *(f"{s}.scale" for s in scales)) if name not in tensors]
    if missing:
        raise QatError(f"the checkpoint lacks {', '.join(sorted(missing))}", "use a checkpoint of stage qat")
    network.load_state_dict({name: tensors[name] for name in own}, strict=False)
    for name, scale in scales.items():
        scale.set_scale(float(tensors[f"{name}.scale"]))
    return network

"""Batch normalization over the valid steps of padded utterances, foldable into the next linear map."""

from __future__ import annotations

import torch
from skipstone.quantize.models.collective import sum_over_processes
from torch import Tensor, nn


class StepBatchNorm(nn.Module):
    """Normalize each channel by its mean and variance over all valid steps of the batch, in float32.

    Where several processes train together, the batch is that of all of them.

    In evaluation the running statistics make it an affine map, which
    :func:`skipstone.quantize.qat.folding.fold_batch_norm` multiplies into the linear map behind it.
    (Ioffe and Szegedy 2015, section 3; padding is left out of the statistics.)
    """

    def __init__(self, channels: int, momentum: float = 0.05, epsilon: float = 1e-5) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(channels))
        self.bias = nn.Parameter(torch.zeros(channels))
        self.register_buffer("running_mean", torch.zeros(channels))
        self.register_buffer("running_var", torch.ones(channels))
        self.running_mean: Tensor
        self.running_var: Tensor
        self.momentum = momentum
        self.epsilon = epsilon

    def affine(self) -> tuple[Tensor, Tensor]:
        """Scale and offset, each [channels], of the map that evaluation applies."""
        scale = self.weight * torch.rsqrt(self.running_var + self.epsilon)
        return scale, self.bias - self.running_mean * scale

    def forward(self, x: Tensor, valid: Tensor) -> Tensor:
        """Normalize ``x`` [batch, steps, channels]; ``valid`` is bool [batch, steps]."""
        if not self.training:
            scale, offset = self.affine()
            return x * scale + offset
        with torch.autocast(x.device.type, enabled=False):
            return self._normalize(x.float(), valid)

    def _normalize(self, x: Tensor, valid: Tensor) -> Tensor:
        weight = (valid / sum_over_processes(valid.sum())).reshape(1, -1).to(x.dtype)
        flat = x.reshape(-1, x.shape[-1])
        mean = sum_over_processes((weight @ flat).squeeze(0))
        centred = flat - mean
        variance = sum_over_processes((weight @ centred.square()).squeeze(0))
        with torch.no_grad():
            self.running_mean.lerp_(mean, self.momentum)
            self.running_var.lerp_(variance, self.momentum)
        scale = self.weight * torch.rsqrt(variance + self.epsilon)
        return torch.addcmul(self.bias, centred, scale).reshape(x.shape)

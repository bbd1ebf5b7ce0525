"""Quantized activations with learned scales.

An activation travels as :class:`Codes`: integer-valued float32 ``q − zero_point`` and its scale, so
that gradients reach both. An operator hands its output to an :class:`ActivationScale` twice: as a real
value, which carries the gradient, and as a function that computes the exact integers. The forward
value is the exact integer; the backward pass sees the clipped real value divided by the scale, which
gives the gradients of LSQ (Esser et al. 2020, equation 3) for the scale. Training may round the real value
instead (``exact_training``): a code is off by one now and then, and an epoch takes a third of the time.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from skipstone.quantize.arithmetic.fixed_point import INT8_MAX, INT8_MIN
from torch import Tensor, nn

RELU_ZERO_POINT = -128


@dataclass(frozen=True)
class Codes:
    """A quantized activation: ``real = codes · scale``.

    Attributes:
        codes: float32, integers ``q − zero_point``.
        scale: float32 scalar tensor.
    """

    codes: Tensor
    scale: Tensor


class _ExactForward(torch.autograd.Function):
    """Forward: the exact codes. Backward: straight through where the real codes are not clipped."""

    @staticmethod
    def forward(ctx: Any, real_codes: Tensor, exact: Tensor, low: float, high: float) -> Tensor:
        ctx.save_for_backward((real_codes >= low - 0.5) & (real_codes <= high + 0.5))
        ctx.bounds = (low, high)
        return exact.to(real_codes.dtype)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None, None, None]:
        (inside,) = ctx.saved_tensors
        return gradients[0] * inside, None, None, None


def straight_through(real_codes: Tensor, exact: Tensor, low: float, high: float) -> Tensor:
    """Value of ``exact``, gradient of ``real_codes`` clipped to ``[low, high]``."""
    return _ExactForward.apply(real_codes, exact, low, high)


class ActivationScale(nn.Module):
    """Learned scale of one int8 activation; zero point −128 after a ReLU, else 0.

    What is learned is the logarithm, so that steps are relative; in float64, so that every float32
    scale has one.
    """

    def __init__(self, relu: bool = False) -> None:
        super().__init__()
        self.log_scale = nn.Parameter(torch.zeros((), dtype=torch.float64))
        self.zero_point = RELU_ZERO_POINT if relu else 0
        self.observer: ScaleObserver | None = None
        self.exact_training = True

    @property
    def is_exact(self) -> bool:
        """Whether codes are the device's integers: always in evaluation, on demand in training."""
        return self.exact_training or not self.training

    @property
    def scale(self) -> Tensor:
        """Scale as a float32 scalar with gradient."""
        return self.log_scale.exp().float()

    @torch.no_grad()
    def set_scale(self, scale: float) -> None:
        """Make ``scale`` (rounded to float32) the scale, exactly."""
        self.log_scale.copy_(torch.tensor(scale, dtype=torch.float32).double().log())

    @property
    def exact_scale(self) -> float:
        """The float32 scale as a Python float, for the integer arithmetic."""
        return float(self.scale.detach())

    @property
    def bounds(self) -> tuple[int, int]:
        """Smallest and largest code ``q − zero_point``."""
        return INT8_MIN - self.zero_point, INT8_MAX - self.zero_point

    def forward(self, real: Tensor, exact: Callable[[], Tensor]) -> Codes:
        """Quantize.

        Args:
            real: the operator's output as a real value.
            exact: computes the integer codes ``q − zero_point`` as the device does.
        """
        if self.observer is not None:
            self.observer.observe(real)
            return Codes(real, torch.ones(()))
        scale = self.scale
        real_codes = real * scale.reciprocal()
        with torch.no_grad():
            codes = exact() if self.is_exact else real_codes.round().clamp(*self.bounds)
        return Codes(straight_through(real_codes, codes, *self.bounds), scale)


class ScaleObserver:
    """Collects values of one activation and finds the scale with the least mean squared error."""

    def __init__(self, relu: bool, kept: int = 20_000) -> None:
        self.levels = 255 if relu else 127
        self.kept = kept
        self.samples: list[Tensor] = []
        self.largest = 0.0

    def observe(self, real: Tensor) -> None:
        """Keep an even subsample of ``real`` and its largest magnitude."""
        flat = real.detach().reshape(-1)
        self.largest = max(self.largest, float(flat.abs().max()))
        self.samples.append(flat[:: max(1, flat.numel() // self.kept)].clone())

    def best_scale(self) -> float:
        """Scale that minimizes the squared error of clipping and rounding, among 80 shares of the
        largest value."""
        if self.largest == 0.0:
            return 1.0 / self.levels
        values = torch.cat(self.samples)
        best = (float("inf"), self.largest / self.levels)
        for share in torch.linspace(0.2, 1.0, 80).tolist():
            scale = share * self.largest / self.levels
            rounded = (values / scale).round().clamp(-self.levels - 1, self.levels) * scale
            best = min(best, (float((rounded - values).square().mean()), scale))
        return best[1]

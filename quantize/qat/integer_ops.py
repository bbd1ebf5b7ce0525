"""Operators of the network with the exact integers of TFLM's reference kernels in the forward pass.

Accumulators are integer-valued float32 products: exact, because every sum stays below 2^24
(FFN 384 · 127 · 255 = 12.4 million). Requantization is done in int64 by ``skipstone.quantize.arithmetic``.
"""

from __future__ import annotations

import numpy as np
import torch
from skipstone.quantize.arithmetic.fixed_point import convolution_multipliers, product_multiplier
from skipstone.quantize.arithmetic.softmax import OUTPUT_SCALE, softmax_exp_table
from skipstone.quantize.arithmetic.weights import rounded_bias, rounded_weight, weight_scale
from skipstone.quantize.models.attention import RingWindow
from skipstone.quantize.qat.activation import RELU_ZERO_POINT, ActivationScale, Codes, straight_through
from skipstone.quantize.qat.requantization import add_exact, requantize_codes, softmax_exact
from torch import Tensor, nn
from torch.nn import functional as F


class QuantizedLinear(nn.Module):
    """FULLY_CONNECTED (``taps`` 0) or causal DEPTHWISE_CONV_2D (``taps`` > 0) with int8 weights per
    output channel.

    ``activation`` is the output's scale; ``None`` where the output has that of another tensor, given
    to ``forward``.
    """

    def __init__(
        self, inputs: int, outputs: int, relu: bool = False, taps: int = 0, own_scale: bool = True
    ) -> None:
        super().__init__()
        self.taps = taps
        self.relu = relu
        self.weight = nn.Parameter(torch.zeros((taps, outputs) if taps else (outputs, inputs)))
        self.bias = nn.Parameter(torch.zeros(outputs))
        self.activation = ActivationScale(relu) if own_scale else None

    def forward(self, x: Codes, activation: ActivationScale | None = None) -> Codes:
        """Apply to ``x`` with codes [batch, steps, inputs]."""
        output = activation if self.activation is None else self.activation
        assert output is not None
        axis = 1 if self.taps else 0
        scales = weight_scale(self.weight.detach(), axis)
        broadcast = scales.reshape((1, -1) if self.taps else (-1, 1))
        exact_weight = rounded_weight(self.weight.detach(), scales, axis)
        weight = straight_through(self.weight / broadcast, exact_weight, -127, 127)
        accumulator = self._accumulate(x.codes, weight)
        real = accumulator * (x.scale * scales) + self.bias
        if self.relu:
            real = torch.relu(real)
        return output(real, lambda: self._requantize(accumulator, x.scale, scales, output))

    def _accumulate(self, codes: Tensor, weight: Tensor) -> Tensor:
        if not self.taps:
            return F.linear(codes, weight)
        padded = F.pad(codes.transpose(1, 2), (self.taps - 1, 0))
        return F.conv1d(padded, weight.t().unsqueeze(1), groups=weight.shape[1]).transpose(1, 2)

    def _requantize(
        self, accumulator: Tensor, input_scale: Tensor, scales: Tensor, output: ActivationScale
    ) -> Tensor:
        bias = rounded_bias(self.bias.double(), (input_scale * scales).double())
        weight_scales = scales.cpu().numpy()
        multiplier, shift = convolution_multipliers(float(input_scale), weight_scales, output.exact_scale)
        return requantize_codes(accumulator, bias.long(), multiplier, shift, *output.bounds)


def add_codes(a: Codes, b: Codes, output: ActivationScale) -> Codes:
    """ADD of two activations whose shapes broadcast; with a fused ReLU where ``output`` is that of one."""

    def exact() -> Tensor:
        scales = float(a.scale), float(b.scale), output.exact_scale
        return add_exact(a.codes, b.codes, *scales, output.bounds)

    real = a.codes * a.scale + b.codes * b.scale
    return output(torch.relu(real) if output.zero_point == RELU_ZERO_POINT else real, exact)


def matmul_codes(a: Codes, b: Codes, output: ActivationScale) -> Codes:
    """BATCH_MATMUL of two activations, [..., m, k] × [..., k, n]."""
    accumulator = a.codes @ b.codes

    def exact() -> Tensor:
        multiplier, shift = product_multiplier(float(a.scale), float(b.scale), output.exact_scale)
        return requantize_codes(accumulator, None, np.array([multiplier]), np.array([shift]), *output.bounds)

    return output(accumulator * (a.scale * b.scale), exact)


def softmax_codes(
    scores: Codes, window: RingWindow, beta: float, calibrating: bool, is_exact: bool = True
) -> Codes:
    """SOFTMAX over the window and the empty entries of the ring (score 0, value 0).

    Args:
        scores: codes [batch, heads, steps, steps].
        calibrating: leave the probabilities real.
        is_exact: the device's integers; else the rounded probabilities.

    Returns:
        Codes 0 … 255 of scale 1/256, zero outside the window; the empty entries are left out.
    """
    inside = window.inside.unsqueeze(1)
    real = (scores.codes * (scores.scale * beta)).masked_fill(~inside, float("-inf"))
    empty = window.empty.log()[:, None, :, None].expand(*real.shape[:3], 1)
    probabilities = torch.cat([real, empty], dim=3).softmax(3)[..., :-1]
    if calibrating:
        return Codes(probabilities, torch.ones(()))
    real_codes = probabilities * (1 / OUTPUT_SCALE)
    with torch.no_grad():
        if is_exact:
            table = torch.from_numpy(softmax_exp_table(beta, float(scores.scale))).long().to(inside.device)
            target = softmax_exact(scores.codes.int(), inside, window.empty.long(), table)
        else:
            target = real_codes.round().clamp(max=255)
    codes = straight_through(real_codes, target, 0, 256)
    return Codes(codes, codes.new_tensor(OUTPUT_SCALE))

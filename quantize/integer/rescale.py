"""From accumulators to the values of an output: rescaling, zero point, fused activation."""

from __future__ import annotations

from skipstone.quantize.arithmetic.fixed_point import (
    IntegerArray,
    activation_range,
    multiply_by_quantized_multiplier,
    multiply_wide,
)
from skipstone.quantize.integer.node import Array
from skipstone.quantize.tflite.model import Tensor


class Rescale:
    """Rescaling to one output.

    Args:
        output: int8 or int16, quantized as a whole.
        multiplier: one, or one a channel (last axis).
        shift: of the same kind, left positive.
        activation: fused activation.
        is_wide: accumulators are int64 and are rounded once (:func:`multiply_wide`).

    Raises:
        ValueError: a left shift of wide accumulators for which TFLM's arithmetic is not defined.
    """

    def __init__(
        self,
        output: Tensor,
        multiplier: IntegerArray,
        shift: IntegerArray,
        activation: str = "none",
        is_wide: bool = False,
    ) -> None:
        self._multiplier, self._shift = multiplier, shift
        self._zero_point, self._dtype = output.zero_point, output.dtype
        self._limits = activation_range(activation, output.scale, output.zero_point, output.dtype)
        self._multiply = multiply_wide if is_wide else multiply_by_quantized_multiplier
        self._multiply(0, multiplier, shift)

    def __call__(self, accumulator: IntegerArray) -> Array:
        """int64[…, channels] accumulators → values of the output's type."""
        scaled = self._multiply(accumulator, self._multiplier, self._shift) + self._zero_point
        return scaled.clip(*self._limits).astype(self._dtype)  # type: ignore[no-any-return]

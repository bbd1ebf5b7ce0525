"""DEPTHWISE_CONV_2D over a ring, stream layout of ``ss_depthwise_ring_s8_dsp``.

Channels come in groups of four, the last group filled up with zeros. All words are 32 bits. One group:

    int32 bias[4]
    (int16 weights of channels 0, 2 | int16 weights of channels 1, 3)[taps]     low half first, tap 0 first
    (int32 multiplier, int32 right shift)[4]

Weights stand widened, as SXTB16 leaves the inputs, so that a product needs no unpacking of its weight.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from skipstone.firmware.codegen.packing.operator import PackedArray, round_up

CHANNELS = 4


def depthwise_stream(
    weights: NDArray[np.int8],
    bias: NDArray[np.int64],
    multiplier: NDArray[np.int64],
    shift: NDArray[np.int64],
) -> PackedArray:
    """The stream of a layer.

    Args:
        weights: int8[taps, channels].
        bias: int64[channels] in the range of int32, input zero point folded in.
        multiplier: int64[channels].
        shift: int64[channels], left positive, −1 or less.
    """
    taps, channels = weights.shape
    padding = round_up(channels, CHANNELS) - channels
    groups = (channels + padding) // CHANNELS
    widened = np.pad(weights, ((0, 0), (0, padding))).astype("<i2").reshape(taps, groups, CHANNELS)
    pairs = np.ascontiguousarray(widened[..., [0, 2, 1, 3]].transpose(1, 0, 2)).view("<u4")

    def words(values: NDArray[np.int64], fill: int = 0) -> NDArray[np.uint32]:
        padded = np.pad(values, (0, padding), constant_values=fill).astype(np.int32)
        return padded.view(np.uint32).reshape(groups, CHANNELS)

    rescaling = np.stack([words(multiplier), words(-shift, fill=1)], axis=2)
    stream = np.concatenate(
        [words(bias), pairs.reshape(groups, -1).astype(np.uint32), rescaling.reshape(groups, -1)], axis=1
    )
    return PackedArray("packed", stream.ravel(), 4)

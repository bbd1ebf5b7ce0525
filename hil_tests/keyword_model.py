"""A keyword model of the shape of MLPerf Tiny's (DS-CNN, 49 × 10 features, 12 classes), with random weights.

Architecture: Zhang et al., Hello Edge: Keyword Spotting on Microcontrollers, arXiv 1711.07128, DS-CNN-S; the
channels are those of mlcommons/tiny.
"""

from __future__ import annotations

import numpy as np
from skipstone.quantize.tflite.options import (
    Conv2DOptions,
    DepthwiseConv2DOptions,
    FullyConnectedOptions,
    PoolOptions,
    ReshapeOptions,
    SoftmaxOptions,
)
from skipstone.quantize.tflite.writer import ModelWriter, SubgraphWriter

FRAMES, BINS, CLASSES, CHANNELS, BLOCKS = 49, 10, 12, 64, 4
_SCALE = 0.05
"""Of every activation; behind a ReLU the zero point is −128."""
_SPREAD = 3.0
"""Standard deviation, real, of what a layer sums: most values lie inside the range of int8 then."""
_WEIGHT_SPREAD = 73.0
"""Standard deviation of uniform integers in ±127."""


class _Layers:
    """Appends layers to the graph; ``at`` is the tensor that the next one reads."""

    def __init__(self, graph: SubgraphWriter, seed: int) -> None:
        self._graph = graph
        self._rng = np.random.default_rng(seed)
        self.at = graph.input("features", (1, FRAMES, BINS, 1), scale=0.58, zero_point=83)
        self._scale, self._rms = 0.58, 0.58 * 110  # random bytes about zero point 83

    def convolve(
        self, name: str, kernel: tuple[int, int], depth: int, stride: int, shape: tuple[int, int]
    ) -> None:
        """CONV_2D + ReLU, padding SAME, to [1, *shape, CHANNELS]."""
        options = Conv2DOptions("same", (stride, stride), (1, 1), "relu")
        weights = (CHANNELS, *kernel, depth)
        self._layer(
            "CONV_2D", name, weights, 0, (1, *shape, CHANNELS), options, kernel[0] * kernel[1] * depth
        )

    def depthwise(self, name: str, shape: tuple[int, int]) -> None:
        """DEPTHWISE_CONV_2D 3 × 3 + ReLU, padding SAME."""
        options = DepthwiseConv2DOptions("same", (1, 1), (1, 1), "relu", 1)
        self._layer("DEPTHWISE_CONV_2D", name, (1, 3, 3, CHANNELS), 3, (1, *shape, CHANNELS), options, 9)

    def connect(self, name: str) -> None:
        """FULLY_CONNECTED to the classes."""
        options = FullyConnectedOptions("none")
        self._layer("FULLY_CONNECTED", name, (CLASSES, CHANNELS), 0, (1, CLASSES), options, CHANNELS, -5)

    def pool(self, shape: tuple[int, int]) -> None:
        """AVERAGE_POOL_2D over everything, flattened."""
        pooled = self._graph.tensor("pool", (1, 1, 1, CHANNELS), scale=_SCALE, zero_point=-128)
        self._graph.operator(
            "AVERAGE_POOL_2D", [self.at], [pooled], PoolOptions("valid", (1, 1), shape, "none")
        )
        flat = self._graph.tensor("flat", (1, CHANNELS), scale=_SCALE, zero_point=-128)
        target = self._graph.tensor("flat/shape", (2,), "int32", data=[1, CHANNELS])
        self._graph.operator("RESHAPE", [pooled, target], [flat], ReshapeOptions((1, CHANNELS)))
        self.at = flat

    def softmax(self) -> None:
        """SOFTMAX, scale 1/256."""
        y = self._graph.tensor("probabilities", (1, CLASSES), scale=1 / 256, zero_point=-128)
        self._graph.operator("SOFTMAX", [self.at], [y], SoftmaxOptions(beta=1.0))
        self.at = y

    def _layer(
        self,
        operator: str,
        name: str,
        shape: tuple[int, ...],
        axis: int,
        output: tuple[int, ...],
        options: Conv2DOptions | DepthwiseConv2DOptions | FullyConnectedOptions,
        depth: int,
        zero_point: int = -128,
    ) -> None:
        channels = shape[axis]
        mean_scale = _SPREAD / (_WEIGHT_SPREAD * self._rms * np.sqrt(depth))
        scales = (self._rng.uniform(0.7, 1.4, channels) * mean_scale).astype(np.float32)
        data = self._rng.integers(-127, 128, shape)
        weights = self._graph.tensor(f"{name}/w", shape, scale=scales, axis=axis, data=data)
        biases = self._rng.integers(-200, 200, channels)
        bias_scale = scales * np.float32(self._scale)
        bias = self._graph.tensor(f"{name}/b", (channels,), "int32", scale=bias_scale, data=biases)
        y = self._graph.tensor(name, output, scale=_SCALE, zero_point=zero_point)
        self._graph.operator(operator, [self.at, weights, bias], [y], options)
        self.at, self._scale, self._rms = y, _SCALE, _SPREAD * 0.7  # the ReLU halves the energy


def keyword_model(seed: int = 1) -> bytes:
    """The .tflite: features int8 [1, 49, 10, 1] → probabilities int8 [1, 12]."""
    writer = ModelWriter("keywords with random weights")
    graph = writer.subgraph("main")
    layers, shape = _Layers(graph, seed), (-(-FRAMES // 2), -(-BINS // 2))
    layers.convolve("conv", (10, 4), 1, 2, shape)
    for index in range(BLOCKS):
        layers.depthwise(f"depthwise{index}", shape)
        layers.convolve(f"pointwise{index}", (1, 1), CHANNELS, 1, shape)
    layers.pool(shape)
    layers.connect("classes")
    layers.softmax()
    graph.set_outputs(layers.at)
    return writer.to_bytes()

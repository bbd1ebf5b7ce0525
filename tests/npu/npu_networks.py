"""Whole networks with random weights: DS-CNN (keyword spotting) and a small wav2letter."""

from __future__ import annotations

import numpy as np
from model_parts import finish, start
from skipstone.quantize.tflite.options import (
    Conv2DOptions,
    DepthwiseConv2DOptions,
    FullyConnectedOptions,
    PoolOptions,
    ReshapeOptions,
    SoftmaxOptions,
)


class Network:
    """Layers appended to an NHWC activation; output scales keep most values in range."""

    def __init__(self, name: str, image: tuple[int, int], channels: int, seed: int) -> None:
        self._rng = np.random.default_rng(seed)
        self._writer, self._graph = start(name)
        self._shape = (1, *image, channels)
        self._scale = 0.05
        self._tensor = self._graph.input("x", self._shape, scale=self._scale, zero_point=-3)
        self._count = 0

    def convolution(
        self, outputs: int, kernel: tuple[int, int], stride: tuple[int, int] = (1, 1), padding: str = "same"
    ) -> None:
        """CONV_2D with ReLU."""
        _, height, width, inputs = self._shape
        size = [_size(n, k, s, padding) for n, k, s in zip((height, width), kernel, stride, strict=True)]
        options = Conv2DOptions(padding, stride, activation="relu")
        self._weighted("CONV_2D", (outputs, *kernel, inputs), 0, (1, *size, outputs), options)

    def depthwise(self, kernel: tuple[int, int], stride: tuple[int, int] = (1, 1)) -> None:
        """DEPTHWISE_CONV_2D with ReLU."""
        _, height, width, channels = self._shape
        size = [_size(n, k, s, "same") for n, k, s in zip((height, width), kernel, stride, strict=True)]
        options = DepthwiseConv2DOptions("same", stride, activation="relu")
        self._weighted("DEPTHWISE_CONV_2D", (1, *kernel, channels), 3, (1, *size, channels), options)

    def _weighted(
        self, name: str, shape: tuple[int, ...], axis: int, out: tuple[int, ...], options: object
    ) -> None:
        channels = shape[axis]
        depth = int(np.prod(shape)) // channels
        scales = self._rng.uniform(0.002, 0.006, channels).astype(np.float32)
        data = np.clip(np.round(self._rng.normal(0, 40, shape)), -127, 127)
        weight = self._graph.tensor(f"w{self._count}", shape, scale=scales, axis=axis, data=data)
        bias = self._graph.tensor(
            f"b{self._count}",
            (channels,),
            "int32",
            scale=scales * np.float32(self._scale),
            data=self._rng.integers(-3000, 3000, channels),
        )
        scale = self._scale * float(scales.mean()) * 70 * 40 * np.sqrt(depth) / 45
        self._append(name, [self._tensor, weight, bias], out, scale, -128, options)

    def _append(
        self,
        name: str,
        inputs: list[int],
        shape: tuple[int, ...],
        scale: float,
        zero_point: int,
        options: object,
    ) -> None:
        output = self._graph.tensor(f"y{self._count}", shape, scale=scale, zero_point=zero_point)
        self._graph.operator(name, inputs, [output], options)
        self._tensor, self._shape, self._scale = output, shape, scale
        self._count += 1

    def average_pool(self) -> None:
        """Over the whole image."""
        _, height, width, channels = self._shape
        options = PoolOptions("valid", (1, 1), (height, width))
        self._append("AVERAGE_POOL_2D", [self._tensor], (1, 1, 1, channels), self._scale, -128, options)

    def flatten(self) -> None:
        """To [1, elements]."""
        shape = (1, int(np.prod(self._shape)))
        target = self._graph.tensor("flat", (2,), "int32", data=list(shape))
        self._append("RESHAPE", [self._tensor, target], shape, self._scale, -128, ReshapeOptions(shape))

    def fully_connected(self, outputs: int) -> None:
        """Without activation."""
        shape = (outputs, self._shape[-1])
        self._weighted("FULLY_CONNECTED", shape, 0, (1, outputs), FullyConnectedOptions())

    def softmax(self) -> bytes:
        """The last layer; the finished model."""
        self._append("SOFTMAX", [self._tensor], self._shape, 1 / 256, -128, SoftmaxOptions())
        return finish(self._writer, self._graph, self._tensor)


def _size(size: int, kernel: int, stride: int, padding: str) -> int:
    return -(-size // stride) if padding == "same" else (size - kernel) // stride + 1


def ds_cnn(seed: int = 0) -> bytes:
    """DS-CNN small (Zhang et al., "Hello Edge", 2017): 49 × 10 features, 64 channels, 12 classes."""
    network = Network("ds_cnn", (49, 10), 1, seed)
    network.convolution(64, (10, 4), (2, 2))
    for _ in range(4):
        network.depthwise((3, 3))
        network.convolution(64, (1, 1))
    network.average_pool()
    network.flatten()
    network.fully_connected(12)
    return network.softmax()


def wav2letter(seed: int = 0) -> bytes:
    """The layers of wav2letter (Collobert et al., 2016), fewer and narrower: 39 features, 29 characters."""
    network = Network("wav2letter", (1, 48), 39, seed)
    network.convolution(48, (1, 48), (1, 2))
    for _ in range(3):
        network.convolution(48, (1, 7))
    network.convolution(80, (1, 32))
    network.convolution(80, (1, 1))
    network.convolution(29, (1, 1))
    return network.softmax()


def image_net(seed: int = 0) -> bytes:
    """3×3 convolutions with strides over an image, as in front ends of larger recognisers."""
    network = Network("image_net", (24, 20), 3, seed)
    network.convolution(16, (3, 3), (2, 2))
    network.convolution(40, (3, 3), (2, 2))
    network.depthwise((3, 3), (2, 2))
    network.convolution(72, (3, 3), padding="valid")
    network.average_pool()
    network.flatten()
    network.fully_connected(10)
    return network.softmax()


NETWORKS = {"ds_cnn": ds_cnn, "wav2letter": wav2letter, "image_net": image_net}

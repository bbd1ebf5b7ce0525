"""Checkpoints with random weights and plausible activations, for tests and benchmarks that need no training.

Scales are calibrated on random inputs: the float network runs with every block on, each layer's largest
output becomes 127 (or 255 steps after ReLU), and the gate logits are centred so that gates open about half
the time.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from skipstone.quantize.convert.checkpoint import Checkpoint, write_checkpoint
from skipstone.quantize.convert.tensor_layout import EMBEDDING, checkpoint_block_names, layer_shapes
from skipstone.quantize.features.settings import FeatureSettings
from skipstone.quantize.models.config import CONTEXT_TOKENS, ModelConfig

CALIBRATION_STEPS = 200
BLOCK_GAIN = 0.4
"""Weight gain of the last layer of a block: the residual stream then grows only a little per block."""
HEADROOM = 1.05

Float32Array = NDArray[np.float32]


def write_random_checkpoint(path: Path, seed: int, **sizes: Any) -> Path:
    """Write a ``qat`` checkpoint folder; ``sizes`` are fields of :class:`ModelConfig` (vocabulary 30)."""
    write_checkpoint(path, random_checkpoint(seed, **sizes), {"stage": "qat", "recipe": f"random {seed}"})
    return path


def random_checkpoint(seed: int, **sizes: Any) -> Checkpoint:
    """Make a random checkpoint in memory; the same arguments give the same tensors."""
    config = ModelConfig(**{"vocabulary": 30, **sizes})
    generator = np.random.default_rng(seed)
    tensors = _random_layers(config, generator)
    features = FeatureSettings(frames_per_step=config.frames_per_step)
    inputs = random_features(CALIBRATION_STEPS, config.feature_count, seed)
    real = inputs.astype(np.float32) * np.float32(features.scale)
    _Calibration(config, tensors).run(real)
    tokens = ("<blank>", *(f"▁word{i}" for i in range(1, config.vocabulary)))
    return Checkpoint(config, features, tokens, tensors)


def random_features(steps: int, count: int, seed: int) -> NDArray[np.int8]:
    """int8[steps, count] features that change smoothly over time, as those of speech do."""
    generator = np.random.default_rng([seed, 1])
    noise = generator.normal(size=(steps, count))
    smooth = np.empty_like(noise)
    level = noise[0]
    for step in range(steps):
        level = 0.8 * level + 0.6 * noise[step]
        smooth[step] = level
    return (smooth * 30.0).round().clip(-128, 127).astype(np.int8)


def _random_layers(config: ModelConfig, generator: np.random.Generator) -> dict[str, Float32Array]:
    tensors: dict[str, Float32Array] = {}
    for layer, shape in layer_shapes(config).items():
        is_conv = layer == "front.conv"
        fan_in = shape[0] if is_conv else shape[1]
        gain = BLOCK_GAIN if layer.endswith((".output", ".down")) else 1.0
        if layer == "front.projection":
            gain = 0.3
        weight = generator.normal(scale=gain / np.sqrt(fan_in), size=shape)
        bias = generator.normal(scale=0.1 * gain, size=shape[1] if is_conv else shape[0])
        tensors[f"{layer}.weight"] = weight.astype(np.float32)
        tensors[f"{layer}.bias"] = bias.astype(np.float32)
    if config.head == "transducer":
        table = generator.normal(size=(config.vocabulary, config.predictor_width))
        tensors[EMBEDDING] = table.astype(np.float32)
    return tensors


class _Calibration:
    """Float forward pass over a sequence with every block on; sets the scales in ``tensors``."""

    def __init__(self, config: ModelConfig, tensors: dict[str, Float32Array]) -> None:
        self._config = config
        self._tensors = tensors
        self._residual_peak = 0.0

    def run(self, features: Float32Array) -> None:
        config = self._config
        projection = self._stream(self._linear("front.projection", features))
        x = self._stream(projection + self._convolve(projection))
        if config.arbitrator_input == "front":
            self._arbitrate("arbitrator", x)
        for name, kind in zip(checkpoint_block_names(config), config.block_kinds, strict=True):
            if config.arbitrator_input == "block":
                self._arbitrate(f"{name}.arbitrator", x)
            x = self._stream(x + (self._mha(name, x) if kind == "mha" else self._ffn(name, x)))
        self._signed("head", self._linear("head", x) if config.head == "ctc" else self._transducer(x))
        self._set_scale("residual", self._residual_peak / 127)

    def _linear(self, layer: str, x: Float32Array) -> Float32Array:
        return x @ self._tensors[f"{layer}.weight"].T + self._tensors[f"{layer}.bias"]

    def _set_scale(self, name: str, scale: float) -> None:
        self._tensors[f"{name}.scale"] = np.array(max(HEADROOM * scale, 1e-4), np.float32)

    def _stream(self, x: Float32Array) -> Float32Array:
        self._residual_peak = max(self._residual_peak, float(np.abs(x).max()))
        return x

    def _signed(self, name: str, x: Float32Array) -> Float32Array:
        self._set_scale(name, float(np.abs(x).max()) / 127)
        return x

    def _relu(self, name: str, x: Float32Array) -> Float32Array:
        positive = np.maximum(x, 0.0)
        self._set_scale(name, float(positive.max()) / 255)
        return positive

    def _convolve(self, x: Float32Array) -> Float32Array:
        taps = self._tensors["front.conv.weight"]
        padded = np.concatenate([np.zeros((len(taps) - 1, x.shape[1]), np.float32), x])
        summed = sum(taps[k] * padded[k : k + len(x)] for k in range(len(taps)))
        return self._relu("front.conv", summed + self._tensors["front.conv.bias"])

    def _arbitrate(self, prefix: str, x: Float32Array) -> None:
        hidden = self._relu(f"{prefix}.hidden", self._linear(f"{prefix}.hidden", x))
        logit = self._linear(f"{prefix}.logit", hidden)
        median = np.median(logit, axis=0)
        self._tensors[f"{prefix}.logit.bias"] -= median
        self._signed(f"{prefix}.logit", logit - median)

    def _transducer(self, x: Float32Array) -> Float32Array:
        """Logits with random tokens as the last ones; the blank is best at half of the steps."""
        logits = self._linear("head", self._joint(x))
        lift = np.median(logits[:, 1:].max(axis=1, initial=-np.inf) - logits[:, 0])
        if np.isfinite(lift):
            self._tensors["head.bias"][0] += lift
            logits[:, 0] += lift
        return logits

    def _joint(self, x: Float32Array) -> Float32Array:
        last = np.random.default_rng(len(x)).integers(0, self._config.vocabulary, (len(x), CONTEXT_TOKENS))
        embedded = self._tensors[EMBEDDING][last].reshape(len(x), -1)
        combined = self._relu("predictor.combine", self._linear("predictor.combine", embedded))
        predicted = self._signed("joint.predictor", self._linear("joint.predictor", combined))
        encoded = self._signed("joint.encoder", self._linear("joint.encoder", x))
        return self._relu("joint.hidden", encoded + predicted)

    def _ffn(self, name: str, x: Float32Array) -> Float32Array:
        hidden = self._relu(f"{name}.up", self._linear(f"{name}.up", x))
        return self._signed(f"{name}.down", self._linear(f"{name}.down", hidden))

    def _mha(self, name: str, x: Float32Array) -> Float32Array:
        config, steps = self._config, len(x)
        heads = (steps, config.heads, config.head_dim)
        query, key, value = (
            self._signed(f"{name}.{part}", self._linear(f"{name}.{part}", x)).reshape(heads)
            for part in ("query", "key", "value")
        )
        scores = np.einsum("thd,shd->hts", query, key)
        self._signed(f"{name}.score", scores)
        distance = np.arange(steps)[:, None] - np.arange(steps)[None, :]
        seen = (distance >= 0) & (distance < config.positions)
        empty = np.maximum(0, config.positions - 1 - np.arange(steps))[:, None]
        weights = np.exp(scores * np.float32(config.head_dim**-0.5)) * seen
        weights /= weights.sum(-1, keepdims=True) + empty
        context = np.einsum("hts,shd->thd", weights, value).reshape(steps, -1).astype(np.float32)
        self._signed(f"{name}.context", context)
        return self._signed(f"{name}.output", self._linear(f"{name}.output", context))

"""Names and shapes of the tensors in a ``qat`` checkpoint, derived from the architecture alone."""

from __future__ import annotations

from collections.abc import Iterator

from skipstone.quantize.models.config import CONTEXT_TOKENS, ModelConfig

EMBEDDING = "predictor.embedding.weight"


def layer_shapes(config: ModelConfig) -> dict[str, tuple[int, int]]:
    """Weight shape of every layer in network order: [out, in]; ``front.conv`` is [taps, channels]."""
    d, width = config.d_model, config.attention_width
    shapes = {
        "front.projection": (d, config.feature_count),
        "front.conv": (config.conv_taps, d),
    }
    if config.arbitrator_input == "front":
        shapes |= arbitrator_shapes("arbitrator", config, config.blocks)
    for name, kind in zip(checkpoint_block_names(config), config.block_kinds, strict=True):
        if config.arbitrator_input == "block":
            shapes |= arbitrator_shapes(f"{name}.arbitrator", config, 1)
        if kind == "mha":
            shapes |= {f"{name}.{part}": (width, d) for part in ("query", "key", "value")}
            shapes[f"{name}.output"] = (d, width)
        else:
            shapes |= {f"{name}.up": (config.ffn, d), f"{name}.down": (d, config.ffn)}
    return shapes | head_shapes(config)


def head_shapes(config: ModelConfig) -> dict[str, tuple[int, int]]:
    """Weight shapes of the head; a transducer has predictor and joint network before it."""
    if config.head == "ctc":
        return {"head": (config.vocabulary, config.d_model)}
    predictor, joint = config.predictor_width, config.joint_width
    return {
        "predictor.combine": (predictor, CONTEXT_TOKENS * predictor),
        "joint.predictor": (joint, predictor),
        "joint.encoder": (joint, config.d_model),
        "head": (config.vocabulary, joint),
    }


def arbitrator_shapes(prefix: str, config: ModelConfig, gates: int) -> dict[str, tuple[int, int]]:
    """Weight shapes of one arbitrator with ``gates`` logits."""
    return {
        f"{prefix}.hidden": (config.arbitrator_hidden, config.d_model),
        f"{prefix}.logit": (gates, config.arbitrator_hidden),
    }


def checkpoint_block_names(config: ModelConfig) -> tuple[str, ...]:
    """Block names as the checkpoint spells them: ``layer0.mha``, ``layer0.ffn``, …"""
    return tuple(name.replace("/", ".") for name in config.block_names)


def scale_names(config: ModelConfig) -> Iterator[str]:
    """Names of all activation scales. ``front.projection`` shares the scale of the residual stream."""
    yield "residual.scale"
    for layer in layer_shapes(config):
        if layer != "front.projection":
            yield f"{layer}.scale"
    for name, kind in zip(checkpoint_block_names(config), config.block_kinds, strict=True):
        if kind == "mha":
            yield f"{name}.score.scale"
            yield f"{name}.context.scale"
    if config.head == "transducer":
        yield "joint.hidden.scale"


def expected_tensors(config: ModelConfig) -> dict[str, tuple[int, ...]]:
    """Every tensor of the checkpoint with its shape; scales are scalars."""
    tensors: dict[str, tuple[int, ...]] = {}
    for layer, shape in layer_shapes(config).items():
        tensors[f"{layer}.weight"] = shape
        tensors[f"{layer}.bias"] = (shape[1],) if layer == "front.conv" else (shape[0],)
    if config.head == "transducer":
        tensors[EMBEDDING] = (config.vocabulary, config.predictor_width)
    return tensors | dict.fromkeys(scale_names(config), ())

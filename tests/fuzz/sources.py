"""Whole models that the fuzzer mutates: every operator, gated networks, the shipped model, wake words."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
from operator_models import MODELS
from skipstone.quantize.convert.network import convert
from skipstone.quantize.convert.random_checkpoint import random_checkpoint
from third_party import WAKE_WORDS, wake_word

SHIPPED = Path(__file__).parents[2] / "models" / "commands" / "model.tflite"
SIZES = {"d_model": 4, "layers": 1, "heads": 2, "head_dim": 2, "positions": 2, "ffn": 3, "conv_taps": 2}


@cache
def sources(with_large: bool) -> dict[str, bytes]:
    """Valid models by name; ``with_large`` adds those of more than some kilobytes."""
    models = {name: make(np.random.default_rng(7)) for name, make in MODELS.items()}
    models["gated network"] = convert(random_checkpoint(1, vocabulary=2, arbitrator_hidden=2, **SIZES))
    if with_large:
        models["commands"] = SHIPPED.read_bytes()
        models |= {name: data for name in WAKE_WORDS if (data := wake_word(name)) is not None}
    return models

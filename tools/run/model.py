"""Stage 0: the model file, read and checked for what a run needs."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from skipstone.quantize.features.settings import FeatureSettings
from skipstone.quantize.tflite.metadata import read_features, read_skip_table, read_tokens
from skipstone.quantize.tflite.model import Model
from skipstone.quantize.tflite.reader import read_model
from skipstone.tools.run.errors import RunError
from skipstone.tools.run.record import BlockFacts, ModelFacts


@dataclass(frozen=True)
class LoadedModel:
    """The file's bytes, its facts for the record, and how its features are computed."""

    path: Path
    data: bytes
    facts: ModelFacts
    features: FeatureSettings
    blank: int


def load_model(path: Path) -> LoadedModel:
    """Read a ``.tflite`` with Skipstone's metadata.

    Raises:
        TfliteError: the file is damaged or its metadata are of another version.
        RunError: it lacks the metadata that ``skipstone run`` needs.
    """
    data = path.read_bytes()
    model = read_model(data)
    table, tokens, features = read_skip_table(model), read_tokens(model), read_features(model)
    lacking = [
        name
        for name, value in (("SKIP_TABLE", table), ("TOKENS", tokens), ("FEATURES", features))
        if value is None
    ]
    if table is None or tokens is None or features is None:
        raise RunError(
            f"{path} has no metadata {', '.join(lacking)}, so its clips cannot be prepared or its text read",
            "convert with `skipstone convert`; for others use codegen, build, flash and the device client",
        )
    main = model.main
    settings = FeatureSettings.from_dict(features)
    inputs = [main.tensors[index] for index in main.inputs]
    outputs = [main.tensors[index] for index in main.outputs]
    facts = ModelFacts(
        name=path.name,
        sha256=hashlib.sha256(data).hexdigest(),
        file_bytes=len(data),
        weight_bytes=_constant_bytes(model),
        feature_count=inputs[0].shape[-1],
        frames_per_step=settings.frames_per_step,
        logit_count=outputs[0].shape[-1],
        tokens=tokens.tokens,
        blocks=tuple(
            BlockFacts(
                index=block.gate,
                name=block.name,
                kind=block.kind,
                macs=block.macs,
                weight_bytes=block.weight_bytes,
                threshold=block.threshold,
            )
            for block in table.blocks
        ),
        fixed_macs=table.fixed_macs,
        fixed_block_macs=table.fixed_block_macs,
        idle_reset=table.idle_reset,
        idle_blocks=table.idle_blocks,
        arbitrator_macs=table.arbitrator_macs,
    )
    return LoadedModel(path, data, facts, settings, tokens.blank)


def _constant_bytes(model: Model) -> int:
    """Bytes of all constants: weights, biases, thresholds and the small operands of views."""
    return sum(
        tensor.data.nbytes
        for subgraph in model.subgraphs
        for tensor in subgraph.tensors
        if tensor.data is not None
    )

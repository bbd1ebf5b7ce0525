"""A small gated model as an editable object tree, to break one rule at a time."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import flatbuffers
from skipstone.quantize.convert.network import convert
from skipstone.quantize.convert.random_checkpoint import random_checkpoint
from skipstone.quantize.tflite.schema import FILE_IDENTIFIER, schema

SIZES = {"d_model": 8, "layers": 1, "heads": 1, "head_dim": 8, "positions": 4, "ffn": 8, "conv_taps": 3}


@cache
def small_model() -> bytes:
    """A valid gated model of a few kilobytes."""
    return convert(random_checkpoint(1, arbitrator_hidden=4, vocabulary=4, frames_per_step=1, **SIZES))


def edited(edit: Callable[[Any], None]) -> bytes:
    """The small model after ``edit`` changed its object tree."""
    model = schema.ModelT.InitFromObj(schema.Model.GetRootAs(small_model()))
    edit(model)
    builder = flatbuffers.Builder(1 << 16)
    builder.Finish(model.Pack(builder), FILE_IDENTIFIER)
    return bytes(builder.Output())


def operator(model: Any, name: str, subgraph: int = 0) -> Any:
    """The first operator of a name."""
    code = getattr(schema.BuiltinOperator, name)
    operators = model.subgraphs[subgraph].operators
    return next(op for op in operators if model.operatorCodes[op.opcodeIndex].builtinCode == code)

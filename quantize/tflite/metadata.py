"""The metadata that Skipstone adds: ``SKIP_TABLE``, ``FEATURES`` and ``TOKENS`` (JSON, versioned)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, TypeVar

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    SerializerFunctionWrapHandler,
    ValidationError,
    model_serializer,
    model_validator,
)
from skipstone.quantize.tflite.errors import TfliteError
from skipstone.quantize.tflite.model import Model

METADATA_VERSION: Literal[1] = 1


class SkipBlock(BaseModel):
    """One block that a gate switches.

    Attributes:
        name: ``layer0/mha`` …
        kind: ``mha`` or ``ffn``; other files may bring kinds of their own.
        gate: position in the gate vector.
        subgraph: index of the body subgraph.
        threshold: int8 value that the biased gate logit must exceed.
        macs: multiply-accumulates of one executed step.
        weight_bytes: bytes of weights and biases that an executed step reads.
        on_skip: ``identity``: the residual passes through and no state is written; ``write_kv``: the residual
            passes through, but key and value of the step were written before the gate was looked at.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    kind: str
    gate: int = Field(ge=0)
    subgraph: int = Field(ge=0)
    threshold: int = Field(ge=-128, le=127)
    macs: int = Field(ge=0)
    weight_bytes: int = Field(ge=0)
    on_skip: Literal["identity", "write_kv"] = "identity"


class SkipTable(BaseModel):
    """``SKIP_TABLE``: the blocks in gate order, and the MACs of the parts that always run.

    Attributes:
        blocks: what the gates switch.
        fixed_macs: everything that runs at every step but the arbitrators.
        arbitrator_macs: all arbitrators.
        fixed_block_macs: the part of ``fixed_macs`` that is work of blocks (``write_kv``); left out of the
            file where it is 0.
        idle_reset: the model wants its states reset after so many idle steps in a row (see
            :mod:`skipstone.quantize.evaluation.idle_reset`); 0, left out of the file: never.
        idle_blocks: a step is idle in which at most so many blocks ran; left out of the file where it is 0.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    version: Literal[1] = METADATA_VERSION
    blocks: tuple[SkipBlock, ...]
    fixed_macs: int = Field(ge=0)
    arbitrator_macs: int = Field(ge=0)
    fixed_block_macs: int = Field(default=0, ge=0)
    idle_reset: int = Field(default=0, ge=0, le=65535)
    idle_blocks: int = Field(default=0, ge=0, le=65535)

    @model_serializer(mode="wrap")
    def _without_zero(self, serialize: SerializerFunctionWrapHandler) -> dict[str, Any]:
        values: dict[str, Any] = serialize(self)
        optional = ("fixed_block_macs", "idle_reset", "idle_blocks")
        return {key: value for key, value in values.items() if value or key not in optional}

    @model_validator(mode="after")
    def _gates_in_order(self) -> SkipTable:
        if [block.gate for block in self.blocks] != list(range(len(self.blocks))):
            raise ValueError("gates are not 0, 1, 2 … in block order")
        if len({block.name for block in self.blocks}) != len(self.blocks):
            raise ValueError("two blocks have the same name")
        if self.fixed_block_macs > self.fixed_macs:
            raise ValueError("fixed_block_macs is a part of fixed_macs, but greater")
        return self


class Tokens(BaseModel):
    """``TOKENS``: the vocabulary of the head. A token that starts a word begins with ``▁``."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    version: Literal[1] = METADATA_VERSION
    head: Literal["ctc", "transducer"] = "ctc"
    blank: int = Field(default=0, ge=0)
    tokens: tuple[str, ...]


_Table = TypeVar("_Table", bound=BaseModel)


def encode(table: BaseModel) -> bytes:
    """Serialise a table as compact UTF-8 JSON."""
    return table.model_dump_json().encode()


def read_skip_table(model: Model) -> SkipTable | None:
    """The model's skip table, ``None`` where it has none.

    Raises:
        TfliteError: the table does not fit version 1 or names a subgraph that does not exist.
    """
    table = _parse(model.metadata, "SKIP_TABLE", SkipTable)
    if table and any(block.subgraph >= len(model.subgraphs) for block in table.blocks):
        raise TfliteError("SKIP_TABLE names a subgraph that does not exist")
    return table


def read_tokens(model: Model) -> Tokens | None:
    """The model's vocabulary, ``None`` where it has none."""
    return _parse(model.metadata, "TOKENS", Tokens)


def read_features(model: Model) -> dict[str, Any] | None:
    """The raw table for ``FeatureSettings.from_dict``, ``None`` where there is none."""

    class AnyTable(BaseModel):
        model_config = ConfigDict(extra="allow")

    table = _parse(model.metadata, "FEATURES", AnyTable)
    return None if table is None else dict(table.model_extra or {})


def _parse(metadata: Mapping[str, bytes], name: str, kind: type[_Table]) -> _Table | None:
    raw = metadata.get(name)
    if raw is None:
        return None
    try:
        return kind.model_validate_json(raw)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise TfliteError(
            f"metadata {name} {where}: {first['msg']}", "write the file with this version of skipstone"
        ) from error

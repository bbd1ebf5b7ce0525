"""The protocol registry ``firmware/protocol/messages.toml``, parsed and checked."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from skipstone.firmware.codegen.boards import BOARDS_FOLDER
from skipstone.quantize.errors import SkipstoneError

REGISTRY_PATH = BOARDS_FOLDER.parent / "protocol" / "messages.toml"
SCALAR_BYTES = {"u8": 1, "u16": 2, "u32": 4, "u64": 8, "i8": 1, "i16": 2, "i32": 4}
_NAME = re.compile(r"^[a-z][a-z0-9_]*$")
_STRING = re.compile(r"^str([1-9][0-9]?)$")


class RegistryError(SkipstoneError):
    """``messages.toml`` contradicts itself."""


@dataclass(frozen=True)
class Field:
    """One field: ``count`` is None (scalar), a number, or names of one or two earlier scalars."""

    name: str
    type: str
    doc: str
    unit: str | None = None
    count: int | tuple[str, ...] | None = None
    factor: int = 1
    when: tuple[str, str] | None = None
    values: str | None = None

    @property
    def element_bytes(self) -> int:
        """Bytes of one element on the wire."""
        text = _STRING.match(self.type)
        return int(text.group(1)) if text else SCALAR_BYTES[self.type]

    @property
    def is_text(self) -> bool:
        """Whether an element is a NUL-padded string."""
        return self.type.startswith("str")

    @property
    def is_array(self) -> bool:
        """Whether the field has a count."""
        return self.count is not None


@dataclass(frozen=True)
class Message:
    """One payload layout; ``name`` ends in ``_request`` or ``_reply``, ``type`` is the byte on the wire."""

    name: str
    type: int
    doc: str
    fields: tuple[Field, ...]


@dataclass(frozen=True)
class Value:
    """One enumerator or bit."""

    name: str
    value: int
    doc: str


@dataclass(frozen=True)
class Values:
    """An enumeration, or a set of bits when ``bits`` is set."""

    name: str
    doc: str
    values: tuple[Value, ...]
    bits: bool


@dataclass(frozen=True)
class Registry:
    """Everything that may pass over the wire."""

    version: int
    max_payload: int
    values: tuple[Values, ...]
    messages: tuple[Message, ...]

    def bit(self, values: str, name: str) -> int:
        """Value of the bit ``name`` of the set ``values``."""
        found = next(item for item in self.values if item.name == values)
        return next(item.value for item in found.values if item.name == name)


def load_registry(path: Path = REGISTRY_PATH) -> Registry:
    """Read and check the registry.

    Raises:
        RegistryError: a name is used twice, a type does not exist, a count names no earlier field …
    """
    data = tomllib.loads(path.read_text(encoding="utf-8"))
    values = [_values(name, table, bits=False) for name, table in data["enums"].items()]
    values += [_values(name, table, bits=True) for name, table in data["bits"].items()]
    errors = [Value(item["name"], item["code"], item["doc"]) for item in data["errors"]]
    values.append(Values("error_code", "Why a request was refused.", tuple(errors), bits=False))
    messages: list[Message] = []
    for table in data["messages"]:
        messages.append(_message(table, "request", table["type"]))
        messages.append(_message(table, "reply", table["type"] | 0x80))
    messages.append(_message(data["error"], "reply", data["error"]["type"] | 0x80))
    registry = Registry(data["version"], data["max_payload"], tuple(values), tuple(messages))
    _check(registry)
    return registry


def _values(name: str, table: dict[str, Any], bits: bool) -> Values:
    return Values(name, table["doc"], tuple(Value(**item) for item in table["values"]), bits)


def _message(table: dict[str, Any], direction: str, type_id: int) -> Message:
    fields = tuple(_field(item) for item in table[direction])
    return Message(f"{table['name']}_{direction}", type_id, table["doc"], fields)


def _field(table: dict[str, Any]) -> Field:
    count: int | tuple[str, ...] | None = None
    factor = 1
    if isinstance(table.get("count"), int):
        count = table["count"]
    elif "count" in table:
        parts = [part.strip() for part in table["count"].split("*")]
        count = tuple(part for part in parts if not part.isdigit())
        for part in parts:
            factor *= int(part) if part.isdigit() else 1
    when = tuple(table["when"].split(".")) if "when" in table else None
    return Field(
        name=table["name"],
        type=table["type"],
        doc=table["doc"],
        unit=table.get("unit"),
        count=count,
        factor=factor,
        when=when,
        values=table.get("enum", table.get("bits")),
    )


def _check(registry: Registry) -> None:
    problems: list[str] = []
    names = [message.name for message in registry.messages] + [item.name for item in registry.values]
    types = [message.type for message in registry.messages]
    problems += [f"{name} is defined twice" for name in sorted({n for n in names if names.count(n) > 1})]
    problems += [f"type {number:#04x} is used twice" for number in {t for t in types if types.count(t) > 1}]
    for item in registry.values:
        numbers = [value.value for value in item.values]
        if len(set(numbers)) != len(numbers):
            problems.append(f"{item.name} repeats a value")
    for message in registry.messages:
        problems += [f"{message.name}.{problem}" for problem in _field_problems(message, registry)]
    if problems:
        raise RegistryError(f"messages.toml: {'; '.join(problems)}", "correct the registry")


def _field_problems(message: Message, registry: Registry) -> list[str]:
    problems = []
    sets = {item.name for item in registry.values}
    scalars: dict[str, Field] = {}
    for field in message.fields:
        if not _NAME.match(field.name) or field.name in scalars:
            problems.append(f"{field.name}: not a name, or used twice")
        if field.type not in SCALAR_BYTES and not field.is_text:
            problems.append(f"{field.name}: there is no type {field.type}")
        counts = field.count if isinstance(field.count, tuple) else ()
        if len(counts) > 2 or any(scalars.get(name, field).type not in ("u8", "u16") for name in counts):
            problems.append(f"{field.name}: count must name one or two earlier u8 or u16 fields")
        if field.values is not None and field.values not in sets:
            problems.append(f"{field.name}: there is no set {field.values}")
        if field.when is not None and field.when[0] not in scalars:
            problems.append(f"{field.name}: {field.when[0]} is no earlier field")
        if not field.is_array:
            scalars[field.name] = field
    return problems

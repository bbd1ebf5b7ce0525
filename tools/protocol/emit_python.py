"""Emit ``tools/protocol/messages.py``, the Python codec."""

from __future__ import annotations

from skipstone.tools.protocol.registry import Field, Message, Registry, Values

_HEADER = '''"""The messages of the serial protocol.

Generated from ``messages.toml`` by ``python -m skipstone.tools.protocol``: do not edit.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum, IntFlag
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray
from skipstone.tools.protocol.wire import Payload, WireField
'''

_DTYPES = {
    "u8": "uint8",
    "u16": "uint16",
    "u32": "uint32",
    "u64": "uint64",
    "i8": "int8",
    "i16": "int16",
    "i32": "int32",
}


def class_name(name: str) -> str:
    """``step_pcm_reply`` → ``StepPcmReply``."""
    return "".join(part.capitalize() for part in name.split("_"))


def emit_python(registry: Registry) -> str:
    """The module's text."""
    parts = [_HEADER]
    constants = f"PROTOCOL_VERSION = {registry.version}\nMAX_PAYLOAD = {registry.max_payload}"
    parts[0] += f"\n{constants}"
    parts += [_enum(values) for values in registry.values]
    parts += [_message(message, registry) for message in registry.messages]
    parts.append(_replies(registry))
    return "\n\n".join(part.strip("\n") if i == 0 else f"\n{part}" for i, part in enumerate(parts)) + "\n"


def _enum(values: Values) -> str:
    lines = [f"class {class_name(values.name)}({'IntFlag' if values.bits else 'IntEnum'}):"]
    lines += [f'    """{values.doc}"""', ""]
    for value in values.values:
        number = f"{value.value:#04x}" if values.bits else str(value.value)
        lines.append(f"    {value.name.upper()} = {number}")
    return "\n".join(lines)


def _message(message: Message, registry: Registry) -> str:
    name = class_name(message.name)
    lines = ["@dataclass(frozen=True, eq=False)", f"class {name}(Payload):", f'    """{_summary(message)}']
    if message.fields:
        lines += ["", "    Args:"]
        lines += [f"        {field.name}: {_describe(field)}" for field in message.fields]
        lines.append('    """')
    else:
        lines[-1] += '"""'
    lines += [
        "",
        f'    NAME: ClassVar[str] = "{message.name}"',
        f"    TYPE: ClassVar[int] = 0x{message.type:02X}",
    ]
    lines += _fields(message, registry)
    if message.fields:
        lines += ["", *(f"    {_attribute(field)}" for field in message.fields)]
    return "\n".join(lines)


def _fields(message: Message, registry: Registry) -> list[str]:
    start = "    FIELDS: ClassVar[tuple[WireField, ...]] = ("
    entries = [_wire_field(field, registry) for field in message.fields]
    if len(entries) < 2:
        return [f"{start}{''.join(f'{entry},' for entry in entries)})"]
    return [start, *(f"        {entry}," for entry in entries), "    )"]


def _summary(message: Message) -> str:
    first = message.doc.split(". ")[0].split(": ")[0].rstrip(".")
    base, direction = message.name.rsplit("_", 1)
    return f"{direction.capitalize()} of {base.upper()}: {first[0].lower() + first[1:]}."


def _describe(field: Field) -> str:
    shape = ""
    if isinstance(field.count, tuple):
        parts = [*field.count, *([str(field.factor)] if field.factor > 1 else [])]
        shape = f"[{', '.join(parts)}] "
    elif field.count is not None:
        shape = f"[{field.count}] "
    unit = f" ({field.unit})" if field.unit else ""
    return f"{shape}{field.doc}{unit}."


def _wire_field(field: Field, registry: Registry) -> str:
    arguments = [f'"{field.name}"', f'"{field.type}"']
    if isinstance(field.count, tuple):
        names = ", ".join(f'"{name}"' for name in field.count)
        arguments.append(f"count=({names}{',' if len(field.count) == 1 else ''})")
    elif field.count is not None:
        arguments.append(f"count={field.count}")
    if field.factor > 1:
        arguments.append(f"factor={field.factor}")
    if field.when is not None:
        arguments.append(f'when=("{field.when[0]}", {when_mask(field, registry):#04x})')
    return f"WireField({', '.join(arguments)})"


def when_mask(field: Field, registry: Registry) -> int:
    """Bit mask of the field's ``when``; the set of bits is that of the field it names."""
    assert field.when is not None
    flag, bit = field.when
    for message in registry.messages:
        if field in message.fields:
            values = next(item.values for item in message.fields if item.name == flag)
            assert values is not None
            return registry.bit(values, bit)
    raise KeyError(field.name)


def _attribute(field: Field) -> str:
    if field.is_text:
        annotation = "tuple[str, ...]" if field.is_array else "str"
    elif field.is_array:
        annotation = f"NDArray[np.{_DTYPES[field.type]}]"
    else:
        annotation = "int"
    if field.when is not None:
        return f"{field.name}: {annotation} | None = None"
    return f"{field.name}: {annotation}"


def _replies(registry: Registry) -> str:
    names = {message.type: class_name(message.name) for message in registry.messages}
    lines = ["REQUESTS: dict[int, type[Payload]] = {"]
    lines += [f"    0x{number:02X}: {name}," for number, name in names.items() if number < 0x80]
    lines += ["}", "", "REPLIES: dict[int, type[Payload]] = {"]
    lines += [f"    0x{number:02X}: {name}," for number, name in names.items() if number >= 0x80]
    return "\n".join([*lines, "}"])

"""Emit ``docs/reference/protocol.md``."""

from __future__ import annotations

from skipstone.tools.protocol.registry import Field, Message, Registry, Values

_INTRODUCTION = """\
# Serial protocol

Generated from `firmware/protocol/messages.toml` by `python -m skipstone.tools.protocol`: do not edit.

Version {version}. Bytes on the wire, 8N1:

    COBS( version:u8, type:u8, sequence:u16le, payload, crc32:u32le ) 0x00

The CRC-32 (polynomial 0x04C11DB7 reflected, as zlib's) covers version to payload. A payload has at most
{max_payload} bytes; it is its fields in order, little endian, without padding. `strN` is N bytes of UTF-8
padded with NUL.

## Rules

- The host asks, the board answers: one request, exactly one reply, with the request's sequence number. The
  reply's type is the request's with bit 7 set, or 0xFF (ERROR).
- A frame that does not arrive whole (no COBS, wrong CRC-32, too long) has no trustworthy type or sequence
  number; it is dropped without an answer and counted (LINK_INFO). The host repeats it after a timeout.
- A request that repeats the one before it byte for byte, sequence number included, is not executed again: the
  board sends the same reply once more. So a host may repeat a STEP whose reply was lost. The host changes the
  sequence number with every new request.
- Several requests may be under way: the board holds 8 KiB of input and answers in order.
- After a processor fault the firmware restarts and answers the request that caused it with ERROR `fault`. The
  stream is lost then, the gate source is `arbitrator` and the threshold offset 0.
"""


def emit_markdown(registry: Registry) -> str:
    """The page's text."""
    parts = [_INTRODUCTION.format(version=registry.version, max_payload=registry.max_payload)]
    parts.append("## Messages\n")
    parts += ["| type | message | what for |", "|---|---|---|"]
    for message in registry.messages:
        if message.name.endswith("_request"):
            parts.append(
                f"| {message.type:#04x} | {_title(message)} | {message.doc.split('. ')[0].rstrip('.')} |"
            )
    requests = {message.type: message for message in registry.messages}
    for message in registry.messages:
        if message.name.endswith("_request"):
            parts += ["", f"### {_title(message)} ({message.type:#04x})", "", message.doc, ""]
            parts += ["Request:", *_fields(message), "", "Reply:", *_fields(requests[message.type | 0x80])]
    error = registry.messages[-1]
    parts += ["", f"### ERROR ({error.type:#04x})", "", error.doc, "", "Reply:", *_fields(error)]
    parts += ["", "## Values", ""]
    for values in registry.values:
        parts += _values(values)
    return "\n".join(parts).rstrip("\n") + "\n"


def _title(message: Message) -> str:
    return message.name.rsplit("_", 1)[0].upper()


def _fields(message: Message) -> list[str]:
    if not message.fields:
        return ["empty."]
    lines = ["", "| field | type | meaning |", "|---|---|---|"]
    for field in message.fields:
        unit = f" ({field.unit})" if field.unit else ""
        values = f"; [`{field.values}`](#{field.values})" if field.values else ""
        when = f"; only with `{field.when[1]}`" if field.when else ""
        lines.append(f"| `{field.name}` | {_type(field)} | {field.doc}{unit}{values}{when} |")
    return lines


def _type(field: Field) -> str:
    if field.count is None:
        return field.type
    parts = [str(field.count)] if isinstance(field.count, int) else list(field.count)
    parts += [str(field.factor)] if field.factor > 1 else []
    return f"{field.type}[{' · '.join(parts)}]"


def _values(values: Values) -> list[str]:
    lines = [f"### {values.name}", "", values.doc, "", "| value | name | meaning |", "|---|---|---|"]
    for value in values.values:
        number = f"{value.value:#04x}" if values.bits else str(value.value)
        lines.append(f"| {number} | `{value.name}` | {value.doc} |")
    return [*lines, ""]

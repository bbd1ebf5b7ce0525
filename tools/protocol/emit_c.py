"""Emit ``firmware/protocol/ss_protocol.h``, the C codec: inline functions without allocation or copies."""

from __future__ import annotations

import textwrap

from skipstone.tools.protocol.emit_python import when_mask
from skipstone.tools.protocol.registry import Field, Message, Registry, Values

_SCALARS = {
    "u8": "uint8_t",
    "u16": "uint16_t",
    "u32": "uint32_t",
    "u64": "uint64_t",
    "i8": "int8_t",
    "i16": "int16_t",
    "i32": "int32_t",
}

_HEADER = """\
/*
 * ss_protocol.h: the messages of the serial protocol.
 * Generated from messages.toml by skipstone.tools.protocol: do not edit.
 *
 * Every payload has a struct and two functions. Numbers are members; arrays and strings are pointers into
 * the payload (little endian, any alignment: read and write them with ssp_get_* and ssp_put_*).
 *   ssp_parse_X(payload, length, &x)    read a payload; false when its length is not what its fields say
 *   ssp_place_X(payload, capacity, &x)  write the numbers and point the arrays into the payload, for the
 *                                       caller to fill; returns the payload's length, or SSP_NO_ROOM
 */
#ifndef SS_PROTOCOL_H
#define SS_PROTOCOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {{
    SSP_VERSION = {version},
    SSP_MAX_PAYLOAD = {max_payload}, /* bytes */
    SSP_HEADER_BYTES = 4,    /* version, type, sequence */
    SSP_CRC_BYTES = 4,
    SSP_REPLY = 0x80,        /* bit of a type that marks a reply */
}};

#define SSP_NO_ROOM SIZE_MAX
"""

_ACCESS = """\
/* ---------------------------------------------------------------- Numbers, little endian at any alignment */

static inline uint8_t ssp_get_u8(const uint8_t *p) { return p[0]; }
static inline uint16_t ssp_get_u16(const uint8_t *p) { return (uint16_t)(p[0] | (p[1] << 8)); }
static inline uint32_t ssp_get_u32(const uint8_t *p) {
    return (uint32_t)ssp_get_u16(p) | ((uint32_t)ssp_get_u16(p + 2) << 16);
}
static inline uint64_t ssp_get_u64(const uint8_t *p) {
    return (uint64_t)ssp_get_u32(p) | ((uint64_t)ssp_get_u32(p + 4) << 32);
}
static inline int8_t ssp_get_i8(const uint8_t *p) { return (int8_t)p[0]; }
static inline int16_t ssp_get_i16(const uint8_t *p) { return (int16_t)ssp_get_u16(p); }
static inline int32_t ssp_get_i32(const uint8_t *p) { return (int32_t)ssp_get_u32(p); }

static inline void ssp_put_u8(uint8_t *p, uint8_t v) { p[0] = v; }
static inline void ssp_put_u16(uint8_t *p, uint16_t v) {
    p[0] = (uint8_t)(v & 0xFFu);
    p[1] = (uint8_t)(v >> 8);
}
static inline void ssp_put_u32(uint8_t *p, uint32_t v) {
    ssp_put_u16(p, (uint16_t)(v & 0xFFFFu));
    ssp_put_u16(p + 2, (uint16_t)(v >> 16));
}
static inline void ssp_put_u64(uint8_t *p, uint64_t v) {
    ssp_put_u32(p, (uint32_t)(v & 0xFFFFFFFFu));
    ssp_put_u32(p + 4, (uint32_t)(v >> 32));
}
static inline void ssp_put_i8(uint8_t *p, int8_t v) { ssp_put_u8(p, (uint8_t)v); }
static inline void ssp_put_i16(uint8_t *p, int16_t v) { ssp_put_u16(p, (uint16_t)v); }
static inline void ssp_put_i32(uint8_t *p, int32_t v) { ssp_put_u32(p, (uint32_t)v); }

/* Write a string into `width` bytes: cut to fit, padded with NUL. */
static inline void ssp_put_text(uint8_t *p, size_t width, const char *text) {
    size_t i = 0;
    for (; i < width && text[i] != 0; i++) p[i] = (uint8_t)text[i];
    for (; i < width; i++) p[i] = 0;
}

/* ---------------------------------------------------------------- Walking a payload */

typedef struct ssp_cursor {
    uint8_t *data;
    size_t length; /* bytes at data */
    size_t offset; /* bytes taken */
    bool ok;       /* false once something did not fit */
} ssp_cursor;

/* Take `count` elements of `size` bytes; NULL and ok = false when they do not fit. */
static inline uint8_t *ssp_take(ssp_cursor *cursor, size_t count, size_t size) {
    if (!cursor->ok || count > (cursor->length - cursor->offset) / size) {
        cursor->ok = false;
        return NULL;
    }
    uint8_t *const start = cursor->data + cursor->offset;
    cursor->offset += count * size;
    return start;
}
"""


def emit_c(registry: Registry) -> str:
    """The header's text."""
    parts = [_HEADER.format(version=registry.version, max_payload=registry.max_payload)]
    parts.append(_types(registry))
    parts += [_enum(values) for values in registry.values]
    parts.append(_ACCESS)
    parts += [_message(message, registry) for message in registry.messages]
    parts.append("#endif\n")
    return "\n".join(parts)


def _types(registry: Registry) -> str:
    lines = ["/* Type byte of a request; its reply has SSP_REPLY set. */", "typedef enum ssp_type {"]
    for message in registry.messages:
        if message.name.endswith("_request"):
            lines.append(
                f"    SSP_TYPE_{message.name.removesuffix('_request').upper()} = {message.type:#04x},"
            )
    error = registry.messages[-1]
    lines.append(f"    SSP_TYPE_ERROR = {error.type:#04x}, /* only ever sent by the board */")
    return "\n".join([*lines, "} ssp_type;", ""])


def _enum(values: Values) -> str:
    prefix = f"SSP_{'ERROR' if values.name == 'error_code' else values.name.upper()}"
    lines = [f"/* {values.doc} */", f"typedef enum ssp_{values.name} {{"]
    for value in values.values:
        number = f"{value.value:#04x}" if values.bits else str(value.value)
        lines.append(f"    {prefix}_{value.name.upper()} = {number}, /* {value.doc} */")
    return "\n".join([*lines, f"}} ssp_{values.name};", ""])


def _message(message: Message, registry: Registry) -> str:
    base, direction = message.name.rsplit("_", 1)
    banner = f"/* {base.upper()} {direction}: {message.doc} */"
    parts = [*textwrap.wrap(banner, 132, subsequent_indent="   ")]
    parts += ["", *_struct(message)] if message.fields else [""]
    parts += ["", *_parse(message, registry), "", *_place(message, registry), ""]
    return "\n".join(parts)


def _struct(message: Message) -> list[str]:
    lines = [f"typedef struct ssp_{message.name} {{"]
    for field in message.fields:
        pointer = field.is_array or field.is_text
        unit = f", {field.unit}" if field.unit else ""
        shape = f"{field.type}[{_count_text(field)}]: " if pointer else ""
        declaration = f"uint8_t *{field.name};" if pointer else f"{_SCALARS[field.type]} {field.name};"
        lines.append(f"    {declaration} /* {shape}{field.doc}{unit} */")
    return [*lines, f"}} ssp_{message.name};"]


def _count_text(field: Field) -> str:
    if field.count is None:
        return "1"
    parts = [str(field.count)] if isinstance(field.count, int) else list(field.count)
    return " * ".join([*parts, *([str(field.factor)] if field.factor > 1 else [])])


def _count_expression(field: Field) -> str:
    if field.count is None or isinstance(field.count, int):
        return f"{1 if field.count is None else field.count}u"
    parts = [f"(size_t)message->{name}" for name in field.count]
    return " * ".join([*parts, *([f"{field.factor}u"] if field.factor > 1 else [])])


def _take(field: Field, registry: Registry) -> str:
    take = f"ssp_take(&cursor, {_count_expression(field)}, {field.element_bytes}u)"
    if field.when is None:
        return f"    message->{field.name} = {take};"
    condition = f"(message->{field.when[0]} & {when_mask(field, registry):#04x}u) != 0"
    return f"    message->{field.name} = {condition} ? {take} : NULL;"


def _parse(message: Message, registry: Registry) -> list[str]:
    name = message.name
    if not message.fields:
        return [f"static inline bool ssp_parse_{name}(size_t length) {{ return length == 0; }}"]
    lines = [f"static inline bool ssp_parse_{name}(uint8_t *payload, size_t length, ssp_{name} *message) {{"]
    lines.append("    ssp_cursor cursor = {.data = payload, .length = length, .offset = 0, .ok = true};")
    if any(not field.is_array and not field.is_text for field in message.fields):
        lines.append("    const uint8_t *p;")
    for field in message.fields:
        if field.is_array or field.is_text:
            lines.append(_take(field, registry))
        else:
            lines.append(f"    p = ssp_take(&cursor, 1u, {field.element_bytes}u);")
            lines.append("    if (p == NULL) return false;")
            lines.append(f"    message->{field.name} = ssp_get_{field.type}(p);")
    return [*lines, "    return cursor.ok && cursor.offset == length;", "}"]


def _place(message: Message, registry: Registry) -> list[str]:
    name = message.name
    if not message.fields:
        return [f"static inline size_t ssp_place_{name}(void) {{ return 0; }}"]
    lines = [
        f"static inline size_t ssp_place_{name}(uint8_t *payload, size_t capacity, ssp_{name} *message) {{"
    ]
    lines.append("    ssp_cursor cursor = {.data = payload, .length = capacity, .offset = 0, .ok = true};")
    if any(not field.is_array and not field.is_text for field in message.fields):
        lines.append("    uint8_t *p;")
    for field in message.fields:
        if field.is_array or field.is_text:
            lines.append(_take(field, registry))
        else:
            lines.append(f"    p = ssp_take(&cursor, 1u, {field.element_bytes}u);")
            lines.append(f"    if (p != NULL) ssp_put_{field.type}(p, message->{field.name});")
    return [*lines, "    return cursor.ok ? cursor.offset : SSP_NO_ROOM;", "}"]

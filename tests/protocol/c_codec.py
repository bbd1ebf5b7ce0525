"""A C program that decodes payloads with ss_protocol.h, prints every field and encodes them again."""

from __future__ import annotations

import struct
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
from skipstone.tools.build.sources import FIRMWARE_FOLDER, WARNINGS
from skipstone.tools.protocol.registry import Field, Message, Registry
from skipstone.tools.protocol.wire import Payload

_MAIN = """
int main(void) {
    static uint8_t head[5], payload[65536], again[65536];
    while (fread(head, 1, 5, stdin) == 5) {
        const size_t length = ssp_get_u32(head + 1);
        if (length > sizeof payload || fread(payload, 1, length, stdin) != length) return 1;
        size_t written = 0;
        const bool ok = handle(head[0], payload, length, again, &written);
        printf("%s|", ok ? "ok" : "refused");
        for (size_t i = 0; ok && i < written; i++) printf("%02x", again[i]);
        printf("\\n");
        fflush(stdout);
    }
    return 0;
}
"""


def _element(field: Field, value: str) -> str:
    if field.is_text:
        return (
            f"for (size_t k = 0; k < {field.element_bytes}u; k++) "
            f'if (({value})[k] != 0) printf("%02x", ({value})[k]);'
        )
    number = f"ssp_get_{field.type}({value})" if field.is_array else value
    return (
        f'printf("%lld", (long long){number});'
        if field.type != "u64"
        else (f'printf("%llu", (unsigned long long){number});')
    )


def _count(field: Field) -> str:
    if field.count is None:
        return "1u"
    if isinstance(field.count, int):
        return f"{field.count}u"
    return " * ".join([*(f"(size_t)in.{name}" for name in field.count), f"{field.factor}u"])


def _copy(field: Field, index: str) -> str:
    width = field.element_bytes
    if field.is_text:
        return (
            f"memcpy(out.{field.name} + {index} * {width}u, in.{field.name} + {index} * {width}u, {width}u);"
        )
    get = f"ssp_get_{field.type}(in.{field.name} + {index} * {width}u)"
    return f"ssp_put_{field.type}(out.{field.name} + {index} * {width}u, {get});"


def _handler(message: Message) -> str:
    name = message.name
    if not message.fields:
        return (
            f"static bool handle_{name}(uint8_t *p, size_t n, uint8_t *q, size_t *m) {{\n"
            f"  (void)p; (void)q; *m = ssp_place_{name}(); return ssp_parse_{name}(n); }}"
        )
    lines = [f"static bool handle_{name}(uint8_t *p, size_t n, uint8_t *q, size_t *m) {{"]
    lines += [f"  ssp_{name} in;", f"  if (!ssp_parse_{name}(p, n, &in)) return false;"]
    lines += [f"  ssp_{name} out = in;", f"  *m = ssp_place_{name}(q, 65536, &out);"]
    lines.append("  if (*m == SSP_NO_ROOM) return false;")
    for field in message.fields:
        lines.append(f'  printf("{field.name}=");')
        if field.is_array or field.is_text:
            guard = f"in.{field.name} != NULL && " if field.when else ""
            lines.append(f"  for (size_t i = 0; {guard}i < {_count(field)}; i++) {{")
            lines.append(f"    {_element(field, f'in.{field.name} + i * {field.element_bytes}u')}")
            lines.append(f'    printf(","); {_copy(field, "i")} }}')
        else:
            lines.append(f"  {_element(field, f'in.{field.name}')}")
        lines.append('  printf("|");')
    return "\n".join([*lines, "  return true;", "}"])


def compile_codec(registry: Registry, folder: Path) -> Path:
    """Write and compile the program."""
    messages = registry.messages
    cases = "\n".join(f"    case {m.type:#04x}: return handle_{m.name}(p, n, q, w);" for m in messages)
    dispatch = (
        "static bool handle(uint8_t type, uint8_t *p, size_t n, uint8_t *q, size_t *w) {\n"
        f"  switch (type) {{\n{cases}\n    default: return false; }}\n}}\n"
    )
    text = '#include <stdio.h>\n#include <string.h>\n#include "ss_protocol.h"\n'
    text += "\n".join(_handler(message) for message in messages) + "\n" + dispatch + _MAIN
    source, program = folder / "codec.c", folder / "codec"
    source.write_text(text)
    command = ["gcc", "-std=c11", "-O1", "-g", *WARNINGS, "-fsanitize=address,undefined"]
    include = f"-I{FIRMWARE_FOLDER / 'protocol'}"
    subprocess.run(
        [*command, "-fno-sanitize-recover=all", include, str(source), "-o", str(program)], check=True
    )
    return program


class CCodec:
    """The running program."""

    def __init__(self, program: Path) -> None:
        self._process = subprocess.Popen([str(program)], stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def __call__(self, type_id: int, payload: bytes) -> tuple[dict[str, str], bytes] | None:
        """Fields by name as printed by C, and the payload that C encoded; None when C refuses it."""
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.write(struct.pack("<BI", type_id, len(payload)) + payload)
        self._process.stdin.flush()
        line = self._process.stdout.readline().decode().rstrip("\n")
        *fields, verdict, again = line.split("|")
        if verdict != "ok":
            return None
        return dict(field.split("=", 1) for field in fields), bytes.fromhex(again)

    def close(self) -> None:
        """End the program; it must not have failed."""
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.close()
        assert self._process.wait(timeout=20) == 0
        self._process.stdout.close()


def as_c_prints(message: Payload) -> dict[str, str]:
    """The fields of a message, in the spelling of the C program."""
    return {
        field.name: _print(getattr(message, field.name), field.count is not None) for field in message.FIELDS
    }


def _print(value: Any, array: bool) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return value.encode().hex() + ","
    if array and isinstance(value, tuple):
        return "".join(text.encode().hex() + "," for text in value)
    if array:
        return "".join(f"{number}," for number in np.asarray(value).ravel().tolist())
    return str(value)

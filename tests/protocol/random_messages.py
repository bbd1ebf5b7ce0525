"""Random messages of any layout, from a seed."""

from __future__ import annotations

from typing import Any

import numpy as np
from skipstone.tools.protocol.wire import Payload, WireField

_INFO = {
    "u8": np.uint8,
    "u16": np.uint16,
    "u32": np.uint32,
    "u64": np.uint64,
    "i8": np.int8,
    "i16": np.int16,
    "i32": np.int32,
}
_MOST_ELEMENTS = 5
_LETTERS = list("abcdefghijklmnopqrstuvwxyz/0123456789_▁é")


def random_message(layout: type[Payload], seed: int) -> Payload:
    """A message whose every number is random; counts are small so that payloads stay short."""
    generator = np.random.default_rng(seed)
    counts = {name for field in layout.FIELDS if isinstance(field.count, tuple) for name in field.count}
    values: dict[str, Any] = {}
    for field in layout.FIELDS:
        if field.when is not None and not values[field.when[0]] & field.when[1]:
            values[field.name] = None
        elif field.name in counts:
            values[field.name] = int(generator.integers(0, _MOST_ELEMENTS + 1))
        else:
            values[field.name] = _random_value(field, values, generator)
    return layout(**values)


def _random_value(field: WireField, values: dict[str, Any], generator: np.random.Generator) -> Any:
    shape: tuple[int, ...] | None = None
    if isinstance(field.count, int):
        shape = (field.count,)
    elif field.count is not None:
        shape = tuple(values[name] for name in field.count)
        shape = (*shape, field.factor) if field.factor > 1 else shape
    if field.text_bytes:
        texts = tuple(_random_text(field.text_bytes, generator) for _ in range(shape[0] if shape else 1))
        return texts if shape is not None else texts[0]
    info = np.iinfo(_INFO[field.type])
    numbers = generator.integers(info.min, info.max, shape, dtype=_INFO[field.type], endpoint=True)
    return numbers if shape is not None else int(numbers)


def _random_text(width: int, generator: np.random.Generator) -> str:
    text = "".join(generator.choice(_LETTERS, generator.integers(0, width + 1)))
    while len(text.encode()) > width:
        text = text[:-1]
    return text

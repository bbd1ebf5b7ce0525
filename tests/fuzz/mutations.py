"""Seeded mutations of a .tflite: of its bytes, and of the object tree, which keeps the encoding valid."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import flatbuffers
import numpy as np
from numpy.random import Generator
from skipstone.quantize.tflite.schema import FILE_IDENTIFIER, schema

INTEGERS = (-(1 << 31), -128, -2, -1, 0, 1, 2, 3, 4, 5, 7, 16, 127, 255, 1 << 16, 1 << 24, (1 << 31) - 1)
FLOATS = (0.0, -1.0, 1e-38, 1e-9, 1 / 256, 1.0, 1e9, 3e38, float("inf"), float("nan"))


def mutate(data: bytes, seed: int) -> bytes:
    """One mutation of ``data`` out of six kinds; the same seed gives the same file."""
    rng = np.random.default_rng(seed)
    kinds: tuple[Callable[[bytes, Generator], bytes], ...] = (_flip, _words, _cut, _move, _tree, _tree)
    return kinds[int(rng.integers(len(kinds)))](data, rng)


def _positions(data: bytes, rng: Generator, count: int) -> list[int]:
    """Places in the file; tables lie at its ends, and small numbers are sizes, indices and offsets."""
    near = int(rng.choice([256, 4096, len(data)]))
    return [
        int(rng.integers(min(near, len(data)))) if rng.integers(2) else len(data) - 1 - int(p)
        for p in rng.integers(0, min(near, len(data)), count)
    ]


def _flip(data: bytes, rng: Generator) -> bytes:
    changed = bytearray(data)
    for place in _positions(data, rng, int(rng.integers(1, 9))):
        changed[place] = int(rng.choice([0, 1, 2, 127, 128, 255, changed[place] ^ 1 << int(rng.integers(8))]))
    return bytes(changed)


def _words(data: bytes, rng: Generator) -> bytes:
    """Whole aligned words: offsets that leave the file, overlap, or point at another table."""
    changed = bytearray(data)
    for place in _positions(data, rng, int(rng.integers(1, 4))):
        at = min(place // 4 * 4, len(data) // 4 * 4 - 4)
        other = int(rng.integers(len(data) // 4)) * 4
        value = int(rng.choice(INTEGERS)) & 0xFFFFFFFF
        changed[at : at + 4] = value.to_bytes(4, "little") if rng.integers(2) else data[other : other + 4]
    return bytes(changed)


def _cut(data: bytes, rng: Generator) -> bytes:
    return data[: _positions(data, rng, 1)[0]]


def _move(data: bytes, rng: Generator) -> bytes:
    """A stretch is removed, doubled, or laid over another place."""
    start, target = _positions(data, rng, 2)
    piece = data[start : start + int(rng.integers(1, 200))]
    rest = (data[:start] + data[start + len(piece) :], data + b"")[int(rng.integers(2))]
    return rest[:target] + piece + rest[target + len(piece) * int(rng.integers(2)) :]


def _tree(data: bytes, rng: Generator) -> bytes:
    """Change fields of tables; a file that cannot be packed any more is mutated by bytes instead."""
    model = schema.ModelT.InitFromObj(schema.Model.GetRootAs(data))
    fields = list(_fields(model))
    for _ in range(int(rng.integers(1, 4))):
        owner, key = fields[int(rng.integers(len(fields)))]
        _assign(owner, key, _changed(_value(owner, key), fields, rng))
    try:
        builder = flatbuffers.Builder(1 << 16)
        builder.Finish(model.Pack(builder), FILE_IDENTIFIER)
        return bytes(builder.Output())
    except Exception:
        return _flip(data, rng)


def _fields(node: Any) -> Iterator[tuple[Any, Any]]:
    """Every (owner, key) below ``node`` but the elements of constants."""
    if isinstance(node, list):
        for index, entry in enumerate(node):
            yield node, index
            yield from _fields(entry)
    elif hasattr(node, "__dict__"):
        for name, entry in vars(node).items():
            yield node, name
            yield from _fields(entry)


def _value(owner: Any, key: Any) -> Any:
    return owner[key] if isinstance(owner, list) else getattr(owner, key)


def _assign(owner: Any, key: Any, value: Any) -> None:
    if isinstance(owner, list):
        owner[key] = value
    else:
        setattr(owner, key, value)


def _changed(value: Any, fields: list[tuple[Any, Any]], rng: Generator) -> Any:
    """Another value of the same type: an odd one, a neighbour, or one from elsewhere in the tree."""
    if isinstance(value, bool | np.bool_):
        return not value
    if isinstance(value, int | np.integer):
        return int(rng.choice([*INTEGERS, int(value) + 1, int(value) - 1]))
    if isinstance(value, float | np.floating):
        return float(rng.choice([*FLOATS, float(value) * 2]))
    if isinstance(value, np.ndarray):
        return _changed_array(value, rng)
    if isinstance(value, list):
        return _changed_list(value, rng)
    same = [entry for owner, key in fields if type(entry := _value(owner, key)) is type(value)]
    return same[int(rng.integers(len(same)))] if rng.integers(4) else None


def _changed_array(value: np.ndarray[Any, Any], rng: Generator) -> np.ndarray[Any, Any]:
    if not value.size or not rng.integers(3):
        return np.concatenate([value, value[:1]]) if rng.integers(2) else value[: value.size // 2]
    changed = value.copy()
    odd = FLOATS if value.dtype.kind == "f" else [n for n in INTEGERS if _fits(n, value.dtype)]
    changed[int(rng.integers(value.size))] = rng.choice(odd)
    return changed


def _fits(number: int, dtype: np.dtype[Any]) -> bool:
    return bool(np.iinfo(dtype).min <= number <= np.iinfo(dtype).max)


def _changed_list(value: list[Any], rng: Generator) -> list[Any]:
    entries = list(value)
    if entries and rng.integers(2):
        entries.pop(int(rng.integers(len(entries))))
    elif entries:
        entries.insert(int(rng.integers(len(entries) + 1)), entries[int(rng.integers(len(entries)))])
    rng.shuffle(entries) if not rng.integers(4) else None
    return entries

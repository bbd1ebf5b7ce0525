"""messages.toml is consistent, and what is generated from it is up to date."""

from __future__ import annotations

from pathlib import Path

import pytest
from skipstone.tools.protocol.generate import generated_files
from skipstone.tools.protocol.registry import REGISTRY_PATH, RegistryError, load_registry

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("path", generated_files())
def test_generated_files_are_up_to_date(path: str) -> None:
    text = (ROOT / path).read_text(encoding="utf-8")
    assert text == generated_files()[path], "run: python -m skipstone.tools.protocol"


def test_every_request_has_a_reply() -> None:
    types = {message.type for message in load_registry().messages}
    requests = {number for number in types if number < 0x80}
    assert {number | 0x80 for number in requests} | {0xFF} == types - requests


def test_every_fixed_reply_fits_the_payload() -> None:
    registry = load_registry()
    for message in registry.messages:
        fixed = sum(field.element_bytes for field in message.fields if not isinstance(field.count, tuple))
        assert fixed <= registry.max_payload // 4, message.name


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("type = 0x02", "type = 0x01", "used twice"),
        ('name = "reset"', 'name = "hello"', "defined twice"),
        ('count = "steps*feature_bytes"', 'count = "steps*nothing"', "count must name"),
        ('type = "i8", count = "length"', 'type = "i9", count = "length"', "no type i9"),
        ('enum = "gate_source"', 'enum = "gate_sauce"', "no set gate_sauce"),
        ('{ name = "all", value = 1', '{ name = "all", value = 0', "repeats a value"),
        ('name = "gate_bytes", type = "u8", doc', 'name = "steps", type = "u8", doc', "used twice"),
    ],
)
def test_contradictions_are_named(tmp_path: Path, old: str, new: str, problem: str) -> None:
    text = REGISTRY_PATH.read_text(encoding="utf-8")
    assert old in text
    path = tmp_path / "messages.toml"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(RegistryError, match=problem):
        load_registry(path)

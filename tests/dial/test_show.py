"""A sweep as JSON, table and picture."""

from __future__ import annotations

import json
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console
from skipstone.tools.dial.errors import DialError
from skipstone.tools.dial.record import DialPoint, DialRecord
from skipstone.tools.dial.show import dial_table, draw

POINTS = (
    DialPoint("arbitrator", -20, 30, 100, 50, 0.25, 100_000.4, 150_000.6),
    DialPoint("arbitrator", 0, 10, 100, 50, 0.5, 200_000, 300_000),
    DialPoint("all", 0, 9, 100, 50, 1.0, 400_000, 600_000),
)
RECORD = DialRecord("mps2-an386", "ab" * 32, "dev.jsonl", 7, "exact", "modelled", POINTS)


def test_json_has_rates_and_kinds() -> None:
    data = json.loads(json.dumps(RECORD.as_dict()))
    assert data["version"] == 1 and data["instructions_kind"] == "exact" and data["cycles_kind"] == "modelled"
    assert data["points"][0] == {
        "gates": "arbitrator", "threshold_offset": -20, "errors": 30, "words": 100, "steps": 50,
        "compute_fraction": 0.25, "instructions_per_step": 100_000, "cycles_per_step": 150_001,
        "word_error_rate": 0.3,
    }  # fmt: skip


def test_table_names_offsets_and_kinds() -> None:
    console = Console(file=StringIO(), width=150)
    console.print(dial_table(RECORD))
    text = console.file.getvalue()  # type: ignore[attr-defined]
    for part in ("-20", "all on", "30.00 %", "100,000", "exact", "modelled"):
        assert part in text


@pytest.mark.parametrize(("name", "magic"), [("a.png", b"\x89PNG"), ("a.SVG", b"<?xml"), ("a.pdf", b"%PDF")])
def test_picture(tmp_path: Path, name: str, magic: bytes) -> None:
    draw(RECORD, tmp_path / "new" / name)
    assert (tmp_path / "new" / name).read_bytes().startswith(magic)


def test_svg_is_the_same_every_time(tmp_path: Path) -> None:
    for name in ("a.svg", "b.svg"):
        draw(RECORD, tmp_path / name)
    assert (tmp_path / "a.svg").read_bytes() == (tmp_path / "b.svg").read_bytes()


def test_other_extensions_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DialError, match="picture"):
        draw(RECORD, tmp_path / "a.txt")
    assert not list(tmp_path.iterdir())

"""Every key of the JSON that commands write stands in the reference."""

from __future__ import annotations

import re
from dataclasses import fields, is_dataclass
from pathlib import Path

import pytest
from skipstone.firmware.codegen.errors import Finding
from skipstone.tools.analyze import analysis
from skipstone.tools.mlperf import modes
from skipstone.tools.validate.compare import Difference
from skipstone.tools.validate.locate import FirstDifference
from skipstone.tools.validate.run import Validation

REFERENCE = Path(__file__).parents[2] / "docs" / "reference" / "interfaces.md"
RECORDS = {
    "analyze": [
        Finding,
        *(
            kind
            for kind in vars(analysis).values()
            if is_dataclass(kind) and kind.__module__ == analysis.__name__
        ),
    ],
    "validate": [Validation, Difference, FirstDifference],
    "mlperf run": [modes.Accuracy, modes.Performance],
}


@pytest.mark.parametrize("command", RECORDS)
def test_every_key_is_explained(command: str) -> None:
    text = REFERENCE.read_text(encoding="utf-8")
    start = text.index(f"`skipstone {command} MODEL --json FILE`")
    section = text[start:].split("\n\n", 1)[0]
    words = set(re.findall(r"\w+", " ".join(re.findall(r"`([^`]*)`", section.replace("\n", " ")))))
    missing = [f"{kind.__name__}.{field.name}" for kind in RECORDS[command] for field in fields(kind)]
    assert [name for name in missing if name.split(".")[1] not in words] == []

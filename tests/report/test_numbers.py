"""Figures in the report keep three digits and their unit."""

from __future__ import annotations

import pytest
from skipstone.tools.report import numbers


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"),
        (999, "999"),
        (999.6, "1.00 k"),
        (12_345, "12.3 k"),
        (331_204, "331 k"),
        (2_657_000, "2.66 M"),
    ],
)
def test_short(value: float, text: str) -> None:
    assert numbers.short(value).replace("\u202f", " ") == text


@pytest.mark.parametrize(("value", "text"), [(0.4, "400.0 nJ"), (34.2, "34.2 µJ"), (1820, "1.82 mJ")])
def test_energy(value: float, text: str) -> None:
    assert numbers.energy(value).replace("\u202f", " ") == text


@pytest.mark.parametrize(("value", "text"), [(0, "0"), (1234, "1 234"), (1234567, "1 234 567")])
def test_grouped(value: float, text: str) -> None:
    assert numbers.grouped(value).replace("\u202f", " ") == text

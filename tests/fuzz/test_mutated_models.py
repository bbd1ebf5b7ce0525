"""A short run of what ``make fuzz`` does at length, and the command that does it.

TFLM runs in the long one only: it trusts its input, so a defect would end this process.
"""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mutations import mutate
from skipstone.quantize.tflite.errors import TfliteError
from sources import sources
from stages import StageError, walk

NAMES = sorted(sources(with_large=False))


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(NAMES), st.integers(0, 1 << 32))
def test_a_mutated_model_succeeds_or_is_refused(name: str, seed: int) -> None:
    walk(mutate(sources(with_large=False)[name], seed))


def test_unchanged_models_are_read_and_run() -> None:
    for name, data in sources(with_large=False).items():
        outcomes = walk(data)
        assert outcomes["reader"] == outcomes["integer"] == "accepted", name


def test_the_same_seed_gives_the_same_file() -> None:
    data = sources(with_large=False)["gated network"]
    assert [mutate(data, seed) for seed in range(30)] == [mutate(data, seed) for seed in range(30)]
    assert sum(mutate(data, seed) != data for seed in range(30)) > 25


def test_another_exception_is_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_data: bytes) -> None:
        raise KeyError("tensor")

    monkeypatch.setattr("stages.read_model", broken)
    with pytest.raises(StageError, match="reader: KeyError"):
        walk(b"anything")


def test_a_slow_refusal_is_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    def slow(_data: bytes) -> None:
        raise TfliteError("damaged")

    monkeypatch.setattr("stages.read_model", slow)
    monkeypatch.setattr("stages.SECONDS", -1.0)
    with pytest.raises(StageError, match="reader: TfliteError after"):
        walk(b"anything")

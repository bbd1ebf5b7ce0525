"""What other libraries write is dropped, and only that."""

from __future__ import annotations

import os
import sys

import pytest
from skipstone.quantize.importing.quiet import quietly


def test_nothing_is_written_within_and_all_after(capfd: pytest.CaptureFixture[str]) -> None:
    print("before")
    with quietly():
        print("dropped")
        print("dropped", file=sys.stderr)
        os.write(1, b"dropped by C\n")
        os.write(2, b"dropped by C\n")
    print("after")
    print("after", file=sys.stderr)
    captured = capfd.readouterr()
    assert (captured.out, captured.err) == ("before\nafter\n", "after\n")


def test_an_error_ends_the_silence(capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(ValueError, match="inside"), quietly():
        raise ValueError("inside")
    os.write(2, b"heard\n")
    assert capfd.readouterr().err == "heard\n"

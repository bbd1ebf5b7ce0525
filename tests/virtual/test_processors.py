"""Boards that run side by side are bound to different processors, and both threads of one to the same."""

from __future__ import annotations

import os

import pytest
from skipstone.tools import virtual


@pytest.mark.skipif(len(os.sched_getaffinity(0)) < 2, reason="this machine has one processor")
def test_two_boards_run_on_two_processors() -> None:
    names = ("mps2-an386", "mps2-an500")
    try:
        bound = [os.sched_getaffinity(virtual.start(name).process.pid) for name in names]
    finally:
        for name in names:
            virtual.stop(name)
    assert [len(processors) for processors in bound] == [1, 1]
    assert bound[0] != bound[1]

"""Train by a recipe in child processes that are killed (SIGKILL) at random moments, until one finishes.

Usage: kill_training.py RECIPE FOLDER KILLS. Prints the number of kills. The children are forked, so that the
imports, which take longer than the training, happen once.
"""

from __future__ import annotations

import os
import random
import signal
import sys
import time
from pathlib import Path

import torch
import torch._dynamo  # else every child imports it with its first update
from skipstone.quantize.training.recipe import read_recipe
from skipstone.quantize.training.run import TrainingRun
from tone_run import Silent

torch.set_num_threads(1)
PATIENCE = 120.0


def train(recipe: Path, folder: Path) -> None:
    """The child."""
    TrainingRun(read_recipe(recipe), folder, Silent()).run()


def stamp(folder: Path) -> int:
    """Changes whenever a state is written."""
    state = folder / "state.safetensors"
    return state.stat().st_mtime_ns if state.exists() else 0


def kill_after(child: int, folder: Path, states: int, delay: float) -> bool:
    """Kill ``child`` a while after it has written some states; false if it ended by itself."""
    seen, last, deadline = 0, stamp(folder), time.monotonic() + PATIENCE
    while seen < states and time.monotonic() < deadline:
        done, _ = os.waitpid(child, os.WNOHANG)
        if done:
            return False
        now = stamp(folder)
        seen, last = seen + (now != last), now
        time.sleep(0.001)
    time.sleep(delay)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return True


def main() -> None:
    """Kill, and at last let one child finish."""
    recipe, folder, kills = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
    generator = random.Random(7)
    killed = 0
    for turn in range(kills + 1):
        child = os.fork()
        if child == 0:
            train(recipe, folder)
            os._exit(0)
        if turn < kills:
            killed += kill_after(child, folder, generator.randint(1, 3), generator.uniform(0, 0.02))
        else:
            _, status = os.waitpid(child, 0)
            assert os.waitstatus_to_exitcode(status) == 0, "the last child failed"
    print(killed)


if __name__ == "__main__":
    main()

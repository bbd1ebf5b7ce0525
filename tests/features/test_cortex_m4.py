"""The front end on an emulated Cortex-M4: the bytes of NumPy, within its instruction budget."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from front_end_build import compile_front_end
from skipstone.quantize.features.log_mel import log_mel, stack_steps

HERE = Path(__file__).parent
STEPS = 8
BUDGET = {"-O2": 45_000, "-Os": 60_000}
"""Instructions a frame; the measured values are in docs/explanation/features.md."""


def _board_pcm() -> npt.NDArray[np.int16]:
    """Return the noise that front_end_bare_metal.c makes, each step at another level."""
    seed, samples = 1, []
    for step in range(STEPS):
        for _ in range(640):
            seed = (seed * 1664525 + 1013904223) % 2**32
            samples.append(((seed ^ 2**31) - 2**31) >> (16 + 2 * (step % 4)))
    return np.array(samples, dtype=np.int16)


@pytest.mark.parametrize("level", BUDGET)
def test_cortex_m4_gives_the_same_bytes_within_budget(level: str, tmp_path: Path) -> None:
    if shutil.which("qemu-system-arm") is None:
        pytest.fail("qemu-system-arm is not installed; run make setup")
    image = tmp_path / "front_end.elf"
    script = str(HERE / "front_end_bare_metal.ld")
    link = ["-nostartfiles", "--specs=nosys.specs", "-T", script, "-o", str(image)]
    sources = [str(HERE / "front_end_bare_metal.c")]
    arguments = ["-mcpu=cortex-m4", "-mthumb", level, *sources, *link]
    compile_front_end(tmp_path, arguments, compiler="arm-none-eabi-gcc")
    emulator = ["qemu-system-arm", "-M", "mps2-an386", "-display", "none", "-monitor", "none"]
    semihosting = ["-semihosting-config", "enable=on,target=native", "-icount", "shift=0,sleep=off"]
    run = subprocess.run(
        [*emulator, *semihosting, "-kernel", image], capture_output=True, text=True, timeout=60, check=True
    )
    instructions, *rows = (run.stdout or run.stderr).split()
    features = np.frombuffer(bytes.fromhex("".join(rows)), dtype=np.int8).reshape(STEPS, 160)
    np.testing.assert_array_equal(features, stack_steps(log_mel(_board_pcm())))
    print(f"cortex-m4 {level}: {instructions} instructions a frame")
    assert int(instructions) < BUDGET[level]

"""The variants of the front end on emulated cores: the bytes of NumPy, within their instruction budgets."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from front_end_build import STEP, compile_front_end
from skipstone.quantize.features.c_tables import FrontEndVariant
from skipstone.quantize.features.log_mel import log_mel, stack_steps
from skipstone.quantize.features.settings import FeatureSettings
from skipstone.quantize.features.synthetic import extremes, noise, speech_like

HERE = Path(__file__).parent
ICOUNT_SHIFT = 8
BUSY_STEPS = 8
FRAMES_PER_STEP = 4


@dataclass(frozen=True)
class Board:
    """Machine of QEMU, compiler flags, linker symbols, and the clock of its SysTick."""

    machine: str
    flags: tuple[str, ...]
    memory: tuple[str, ...]
    hertz: float

    @property
    def ticks_per_instruction(self) -> float:
        return self.hertz * 1e-9 * 2**ICOUNT_SHIFT


M4 = Board(
    "mps2-an386",
    ("-mcpu=cortex-m4",),
    ("code_length=0x200000", "constants_origin=0x200000", "data_origin=0x20000000"),
    25e6,
)
M55 = Board(
    "mps3-an547",
    ("-mcpu=cortex-m55", "-mfloat-abi=hard"),
    ("code_length=0x80000", "constants_origin=0x11000000", "data_origin=0x30000000"),
    32e6,
)
RUNS: list[tuple[Board, FrontEndVariant, str, int]] = [
    (M4, "ref", "-O2", 45_000),
    (M4, "ref", "-Os", 60_000),
    (M4, "dsp", "-O2", 18_500),
    (M55, "mve", "-O2", 7_200),
]
"""Board, variant, optimization and the most instructions of a frame."""


def board_pcm() -> npt.NDArray[np.int16]:
    """Noise of four levels, which sets the count, then signals at the limits, speech and silence."""
    levels = [noise(STEP, step, 32767 >> (2 * (step % 4))) for step in range(BUSY_STEPS)]
    limits = list(extremes(3 * STEP).values())
    speech = [speech_like(3 * STEP, 5, 10 ** (level / 20)) for level in (0, -40, -70)]
    quiet = [noise(2 * STEP, 1, 1), np.zeros(STEP, np.int16)]
    return np.concatenate([*levels, *limits, *speech, *quiet])


def steps_header(pcm: npt.NDArray[np.int16]) -> str:
    """The C array that front_end_bare_metal.c reads."""
    rows = ",\n".join("{" + ", ".join(map(str, row)) + "}" for row in pcm.reshape(-1, STEP))
    count = pcm.size // STEP
    return f"enum {{ STEPS = {count} }};\nstatic const int16_t pcm[STEPS][{STEP}] = {{\n{rows}\n}};\n"


def run_on(
    board: Board, variant: FrontEndVariant, level: str, folder: Path, settings: FeatureSettings | None = None
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int8]]:
    """Ticks and features of every step."""
    (folder / "steps.h").write_text(steps_header(board_pcm()))
    image = folder / "front_end.elf"
    link = [f"-T{HERE / 'front_end_bare_metal.ld'}", "-nostartfiles", "--specs=nosys.specs"]
    link += [f"-Wl,--defsym={symbol}" for symbol in board.memory]
    main = str(HERE / "front_end_bare_metal.c")
    arguments = [*board.flags, "-mthumb", level, f"-I{folder}", main, *link, "-o", str(image)]
    compile_front_end(folder, arguments, settings, "arm-none-eabi-gcc", variant)
    emulator = ["qemu-system-arm", "-M", board.machine, "-display", "none", "-monitor", "none"]
    counting = ["-icount", f"shift={ICOUNT_SHIFT},sleep=off"]
    semihosting = ["-semihosting-config", "enable=on,target=native"]
    command = [*emulator, *semihosting, *counting, "-kernel", str(image)]
    result = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
    lines = (result.stdout or result.stderr).split()
    features = np.frombuffer(bytes.fromhex("".join(lines[1::2])), np.int8)
    return np.array(lines[::2], np.int64), features.reshape(-1, FRAMES_PER_STEP * 40)


@pytest.mark.parametrize(("board", "variant", "level", "budget"), RUNS)
def test_the_board_gives_the_bytes_of_numpy_within_budget(
    board: Board, variant: FrontEndVariant, level: str, budget: int, tmp_path: Path
) -> None:
    if shutil.which("qemu-system-arm") is None:
        pytest.fail("qemu-system-arm is not installed; run make setup")
    ticks, features = run_on(board, variant, level, tmp_path)
    np.testing.assert_array_equal(features, stack_steps(log_mel(board_pcm())))
    frames = ticks[:BUSY_STEPS].mean() / board.ticks_per_instruction / FRAMES_PER_STEP
    print(f"{board.machine} {variant} {level}: {frames:,.0f} instructions a frame")
    assert frames < budget


@pytest.mark.parametrize(("board", "variant"), [(M4, "dsp"), (M55, "mve")])
def test_other_mel_ranges(board: Board, variant: FrontEndVariant, tmp_path: Path) -> None:
    """From bin 0 to the last one, and few bins a filter."""
    for front_end in (
        FeatureSettings(low_hz=0, high_hz=8000),
        FeatureSettings(low_hz=200, high_hz=4000, reference_log2=30),
    ):
        _, features = run_on(board, variant, "-O2", tmp_path, front_end)
        np.testing.assert_array_equal(features, stack_steps(log_mel(board_pcm(), front_end)))

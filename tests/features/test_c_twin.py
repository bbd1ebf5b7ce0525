"""The C front end gives the bytes of the NumPy one, and breaks no rule of C while it does."""

from __future__ import annotations

import shutil
import struct
import subprocess
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from front_end_build import CFrontEnd, compile_front_end, load_front_end
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from skipstone.quantize.features.c_tables import FrontEndVariant, emit_c_tables
from skipstone.quantize.features.log_mel import log_mel, stack_steps
from skipstone.quantize.features.settings import FeatureError, FeatureSettings
from skipstone.quantize.features.synthetic import extremes, noise, speech_like

STEP = 640
SECOND = 25 * STEP
EXTREMES = extremes(12 * STEP)
VARIANTS: tuple[FrontEndVariant, ...] = ("ref", "dsp", "mve")

SIGNALS = {
    **EXTREMES,
    **{f"noise within {a}": noise(2 * SECOND, a, a) for a in (1, 2, 30, 1000, 32767)},
    **{
        f"speech {level} dBFS": speech_like(4 * SECOND, 5, 10 ** (level / 20)) for level in (0, -20, -40, -70)
    },
}


@pytest.mark.parametrize("name", SIGNALS)
def test_c_equals_numpy(name: str, c_front_end: CFrontEnd) -> None:
    np.testing.assert_array_equal(c_front_end(SIGNALS[name]), stack_steps(log_mel(SIGNALS[name])))


@settings(max_examples=60, deadline=None)
@given(pcm=arrays(np.int16, st.sampled_from([STEP, 2 * STEP, 3 * STEP]), fill=st.integers(-32768, 32767)))
def test_c_equals_numpy_on_any_pcm(c_front_end: CFrontEnd, pcm: npt.NDArray[np.int16]) -> None:
    np.testing.assert_array_equal(c_front_end(pcm), stack_steps(log_mel(pcm)))


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), bits=st.integers(1, 15))
def test_c_equals_numpy_on_noise_of_any_level(c_front_end: CFrontEnd, seed: int, bits: int) -> None:
    pcm = noise(4 * STEP, seed, 2**bits - 1)
    np.testing.assert_array_equal(c_front_end(pcm), stack_steps(log_mel(pcm)))


@pytest.mark.parametrize(
    "front_end",
    [FeatureSettings(low_hz=0, high_hz=8000), FeatureSettings(low_hz=200, high_hz=4000, reference_log2=30)],
    ids=["0 to 8000 Hz", "200 to 4000 Hz, other reference"],
)
def test_c_equals_numpy_for_other_settings(front_end: FeatureSettings, tmp_path: Path) -> None:
    pcm = speech_like(SECOND, 1)
    np.testing.assert_array_equal(
        load_front_end(tmp_path, front_end)(pcm), stack_steps(log_mel(pcm, front_end))
    )


def test_sanitizers_find_no_overflow_or_stray_access(tmp_path: Path) -> None:
    """Undefined behaviour (so every int32 overflow) and bad accesses abort; all signals go through."""
    program = tmp_path / "front_end"
    checks = ["-O1", "-g", "-fsanitize=undefined,address", "-fno-sanitize-recover=all"]
    main = str(Path(__file__).with_name("front_end_filter.c"))
    compile_front_end(tmp_path, [*checks, main, "-o", str(program)], compiler="gcc")
    records = [struct.pack("<I", pcm.size // STEP) + pcm.tobytes() for pcm in SIGNALS.values()]
    run = subprocess.run([program], input=b"".join(records), capture_output=True, check=False)
    assert run.returncode == 0, run.stderr.decode()
    expected = np.concatenate([stack_steps(log_mel(pcm)) for pcm in SIGNALS.values()])
    assert run.stdout == expected.tobytes()


@pytest.mark.parametrize(
    ("core", "variant"),
    [
        ("cortex-m4", "ref"),
        ("cortex-m4", "dsp"),
        ("cortex-m7", "dsp"),
        ("cortex-m33", "dsp"),
        ("cortex-m55", "ref"),
        ("cortex-m55", "mve"),
    ],
)
def test_cortex_m_objects_need_only_memcpy_and_memset(
    core: str, variant: FrontEndVariant, tmp_path: Path
) -> None:
    """No 64-bit division or count-leading-zeros routine of libgcc, no writable data."""
    if shutil.which("arm-none-eabi-nm") is None:
        pytest.fail("arm-none-eabi-nm is not installed; run make setup")
    merged = tmp_path / "front_end.o"
    arguments = [f"-mcpu={core}", "-mthumb", "-mfloat-abi=hard", "-O2", "-nostdlib", "-r", "-o", str(merged)]
    compile_front_end(tmp_path, arguments, compiler="arm-none-eabi-gcc", variant=variant)
    symbols = subprocess.run(["arm-none-eabi-nm", merged], capture_output=True, text=True, check=True).stdout
    kinds = {line.split()[-1]: line.split()[-2] for line in symbols.splitlines()}
    assert {name for name, kind in kinds.items() if kind == "U"} <= {"memcpy", "memset"}
    assert not [name for name, kind in kinds.items() if kind in "dDbBC"]


def test_generated_tables_are_deterministic_and_refuse_another_step() -> None:
    for variant in VARIANTS:
        assert emit_c_tables(variant=variant) == emit_c_tables(FeatureSettings(), variant)
    with pytest.raises(FeatureError, match="4 frames a step"):
        emit_c_tables(FeatureSettings(frames_per_step=3))

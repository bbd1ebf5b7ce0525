"""Damaged command streams and constants end in a typed fault, never in a crash or an endless run."""

from __future__ import annotations

import os
import shutil
import struct
import subprocess
from pathlib import Path

import npu_models
import numpy as np
import operator_models
import pytest
from npu_vela import compiled
from skipstone.tools.virtual.npu.build import model_sources
from skipstone.tools.virtual.npu.compiled import CompiledModel
from skipstone.tools.virtual.npu.errors import NpuFaultError, NpuModelError
from skipstone.tools.virtual.npu.model import execute, run_compiled

COUNT = 20_000 if os.environ.get("SKIPSTONE_CONFORMANCE") == "all" else 250
JOBS = ("conv_2d", "depthwise_conv_2d", "softmax", "add", "average_pool_2d", "logistic", "transpose_conv")
SANITIZERS = ("-fsanitize=address,undefined", "-fno-sanitize-recover=all", "-O1", "-g")
WARNINGS = ("-std=gnu11", "-Wall", "-Wextra", "-Wconversion", "-Werror")


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The fuzzer, built with sanitizers and with warnings as errors."""
    compiler = shutil.which("gcc")
    if compiler is None:
        pytest.skip("no gcc")
    path = tmp_path_factory.mktemp("fuzz") / "fuzz"
    sources = [str(source) for source in model_sources() if source.suffix == ".c"]
    folder = model_sources()[0].parent
    command = [compiler, *WARNINGS, *SANITIZERS, f"-I{folder}", *sources]
    result = subprocess.run(
        [*command, str(Path(__file__).with_name("fuzz_program.c")), "-o", str(path)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr[-3000:]
    return path


def _job(name: str, accelerator: str = "ethos-u55-128") -> CompiledModel:
    makers = operator_models.MODELS | npu_models.MODELS
    return compiled(makers[name](np.random.default_rng(3)), accelerator)


@pytest.mark.parametrize("name", JOBS)
def test_no_damage_crashes_the_model(name: str, program: Path, tmp_path: Path) -> None:
    job = _job(name)
    ((scratch_region, scratch_size),) = job.scratch_sizes.items()
    header = (job.macs_per_cycle, len(job.commands), job.constants_region, len(job.constants))
    path = tmp_path / "job"
    path.write_bytes(struct.pack("<6I", *header, scratch_region, scratch_size) + job.commands + job.constants)
    result = subprocess.run(
        [program, path, "7", str(COUNT)], capture_output=True, text=True, check=False, timeout=500
    )
    assert result.returncode == 0, result.stderr[-3000:]
    faults = {key: int(value) for key, value in (line.split() for line in result.stdout.splitlines())}
    assert sum(faults.values()) == COUNT
    assert faults["config"] == 0
    assert faults["command"] > 0
    assert faults["bus"] > 0


@pytest.mark.parametrize(
    ("commands", "fault", "text"),
    [
        (b"", "end", "without NPU_OP_STOP"),
        (struct.pack("<III", 0x0000_4032, 16, 0x0000_0010), "bus", "a read of 16 bytes .* out of range"),
        (struct.pack("<I", 0x0000_0004), "command", "0x004"),
        (struct.pack("<I", 0x0000_0400), "command", "reserved bits"),
        (struct.pack("<I", 0x0000_8000), "command", "reserved bits"),
        (struct.pack("<II", 0x0000_4090, 0), "command", "0x090"),  # WEIGHT1_BASE is of Ethos-U65
        (struct.pack("<I", 0x0000_4000), "end", "without NPU_OP_STOP"),
        (struct.pack("<I", 0x0001_0123), "command", "PARALLEL_MODE"),
        (struct.pack("<I", 0x0004_012F), "command", "BLOCKDEP"),
        (struct.pack("<I", 0x0003_0005), "command", "pooling mode 3"),
        (struct.pack("<I", 0x000A_0006), "command", "element-wise mode 10"),
    ],
)
def test_ill_formed_commands(commands: bytes, fault: str, text: str) -> None:
    with pytest.raises(NpuFaultError, match=text) as caught:
        execute(128, commands, {})
    assert caught.value.fault == fault
    assert caught.value.cause and caught.value.remedy


def test_the_offset_is_that_of_the_command() -> None:
    with pytest.raises(NpuFaultError) as caught:
        execute(128, struct.pack("<IIII", 0x0000_4000, 0, 0x0000_0105, 0x0000_0004), {})
    assert caught.value.offset == 12


def test_a_write_to_constants_faults() -> None:
    job = _job("add")
    regions = {1: np.zeros(job.scratch_sizes[1], np.uint8)}
    with pytest.raises(NpuFaultError, match="a write of") as caught:
        execute(128, job.commands, regions, read_only={1})
    assert caught.value.fault == "bus"


def test_an_operation_beyond_the_limit_faults() -> None:
    job = _job("conv_2d")
    regions = {1: np.zeros(job.scratch_sizes[1], np.uint8), 0: np.frombuffer(job.constants, np.uint8)}
    with pytest.raises(NpuFaultError) as caught:
        execute(128, job.commands, regions, max_macs=1)
    assert caught.value.fault == "limit"


def test_there_is_no_ethos_u55_512() -> None:
    with pytest.raises(NpuFaultError, match="ethos-u55-512"):
        execute(512, b"\0\0\0\0", {})


def test_a_region_that_is_no_buffer() -> None:
    with pytest.raises(NpuModelError, match="region 1"):
        execute(128, b"", {1: np.zeros(4, np.int16)})


@pytest.mark.parametrize("inputs", [[], [np.zeros(1, np.int8)] * 2, [np.zeros(3, np.int16)] * 2])
def test_wrong_inputs(inputs: list[np.ndarray]) -> None:
    with pytest.raises(NpuModelError, match="input"):
        run_compiled(_job("add"), inputs)

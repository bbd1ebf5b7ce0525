"""Reading vela's raw output."""

from __future__ import annotations

from pathlib import Path

import npu_models
import numpy as np
import pytest
from npu_vela import compiled, vela_output
from skipstone.tools.virtual.npu.compiled import read_compiled
from skipstone.tools.virtual.npu.errors import NpuModelError
from skipstone.tools.virtual.npu.model import ACCELERATORS


@pytest.fixture(scope="module")
def model() -> bytes:
    return npu_models.MODELS["strided_convolution"](np.random.default_rng(0))


@pytest.mark.parametrize("accelerator", ACCELERATORS)
def test_fields(model: bytes, accelerator: str) -> None:
    job = compiled(model, accelerator)
    assert job.macs_per_cycle == ACCELERATORS[accelerator]
    assert len(job.commands) % 4 == 0
    assert job.commands[-4:] == b"\0\0\xff\xff"  # NPU_OP_STOP with its mask
    assert len(job.inputs) == len(job.outputs) == 1
    assert job.constants_region not in job.scratch_sizes


@pytest.mark.parametrize("accelerator", ["ethos-u65-256", "ethos-u65-512", "ethos-u85-128", "ethos-u85-2048"])
def test_other_products_are_refused(model: bytes, tmp_path: Path, accelerator: str) -> None:
    """Ethos-U65 and U85 streams are compiled, but not executed."""
    with pytest.raises(NpuModelError, match=f"compiled for Ethos-{accelerator[6:9].upper()}"):
        read_compiled(vela_output(model, accelerator, tmp_path))


def test_no_file(tmp_path: Path) -> None:
    with pytest.raises(NpuModelError, match="no such file"):
        read_compiled(tmp_path / "model.npz")


@pytest.mark.parametrize("text", [b"", b"not an archive", b"PK\x03\x04 cut off"])
def test_not_an_archive(tmp_path: Path, text: bytes) -> None:
    path = tmp_path / "model.npz"
    path.write_bytes(text)
    with pytest.raises(NpuModelError, match="raw output of vela"):
        read_compiled(path)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("cmd_data", np.array(b"COP1")),
        ("cmd_data", np.array(b"XXXX\x02\0\x01\0\0\0\0\0")),
        ("cmd_data", np.array(b"COP1\x02\0\x09\0\0\0\xff\xff")),
        ("cmd_data", np.array(b"COP1\x07\0\0\0")),
        ("input_region", np.array([1, 1])),
        ("weight_region", None),
    ],
)
def test_damaged_archives(model: bytes, tmp_path: Path, name: str, value: np.ndarray | None) -> None:
    path = vela_output(model, "ethos-u55-64", tmp_path)
    with np.load(path, allow_pickle=True) as archive:
        arrays = {key: archive[key] for key in archive.files}
    del arrays[name]
    if value is not None:
        arrays[name] = value
    np.savez(path, **arrays)
    with pytest.raises(NpuModelError):
        read_compiled(path)

"""The runtime's public interface refuses misuse with the status that its header promises."""

from __future__ import annotations

import subprocess
from pathlib import Path

from codegen_host_program import build_host_model
from skipstone.quantize.convert.network import convert
from skipstone.quantize.convert.random_checkpoint import random_checkpoint

SIZES = {"d_model": 8, "layers": 2, "heads": 2, "head_dim": 4, "positions": 4, "ffn": 8}


def test_misuse_is_refused(tmp_path: Path) -> None:
    program = Path(__file__).with_name("runtime_api_program.c")
    host = build_host_model(convert(random_checkpoint(2, **SIZES)), tmp_path, program=program)
    result = subprocess.run([host.executable], capture_output=True, text=True, check=False)
    assert (result.stdout, result.returncode) == ("ok\n", 0), result.stdout + result.stderr

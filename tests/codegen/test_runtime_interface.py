"""The runtime's public interface refuses misuse with the status that its header promises."""

from __future__ import annotations

import subprocess
from pathlib import Path

from codegen_host_program import HostModel, build_host_model
from skipstone.quantize.convert.network import convert
from skipstone.quantize.convert.random_checkpoint import random_checkpoint

SIZES = {"d_model": 8, "layers": 2, "heads": 2, "head_dim": 4, "positions": 4, "ffn": 8}


def test_misuse_is_refused(tmp_path: Path) -> None:
    program = Path(__file__).with_name("runtime_api_program.c")
    host = build_host_model(convert(random_checkpoint(2, **SIZES)), tmp_path, program=program)
    assert outcome_of(host) == ("ok\n", 0)


def test_tokens_that_do_not_exist_never_reach_the_table(tmp_path: Path) -> None:
    program = Path(__file__).with_name("token_context_program.c")
    model = convert(random_checkpoint(2, head="transducer", predictor_width=3, joint_width=6, **SIZES))
    assert outcome_of(build_host_model(model, tmp_path, program=program)) == ("ok\n", 0)


def outcome_of(host: HostModel) -> tuple[str, int]:
    """What the program prints, and its exit code."""
    result = subprocess.run([host.executable], capture_output=True, text=True, check=False)
    return result.stdout + result.stderr, result.returncode

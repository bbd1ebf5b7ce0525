"""The commands of the study, as a user runs them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

STUDY = Path(__file__).parents[2] / "benchmarks" / "gating"


def command(script: str, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    known = {key: value for key, value in os.environ.items() if key != "SKIPSTONE_DATA"}
    return subprocess.run(
        [sys.executable, str(STUDY / script), *arguments],
        capture_output=True, text=True, check=False, timeout=300, env={**known, **environment},
    )  # fmt: skip


@pytest.mark.parametrize(
    ("arguments", "cause"),
    [((), "SKIPSTONE_DATA"), (("--train", "nowhere.jsonl", "--dev", "a", "--real", "b"), "nowhere.jsonl")],
)
def test_missing_data(arguments: tuple[str, ...], cause: str, tmp_path: Path) -> None:
    done = command("run.py", *arguments, "--work", str(tmp_path), "-o", str(tmp_path / "gating.json"))
    assert done.returncode == 1
    assert cause in done.stderr and "remedy:" in done.stderr
    assert not (tmp_path / "gating.json").exists()


def test_an_unknown_system_is_refused() -> None:
    done = command("run.py", "--systems", "magic")
    assert done.returncode == 2 and "magic" in done.stderr


@pytest.mark.xdist_group("virtual-run")
def test_a_row_from_audio_to_the_board(manifests: dict[str, Path], tmp_path: Path) -> None:
    files = [word for name, path in manifests.items() for word in (f"--{name}", str(path))]
    arguments = [
        *files,
        "--held-out",
        "b",
        "--quick",
        "--systems",
        "periodic",
        "--targets",
        "0.4",
        "--work",
        str(tmp_path / "work"),
    ]
    output = tmp_path / "gating.json"
    done = command("run.py", *arguments, "-o", str(output), XDG_RUNTIME_DIR=str(tmp_path / "boards"))
    assert done.returncode == 0, done.stderr
    rows = json.loads(output.read_text())["rows"]
    assert [row["split"] for row in rows] == ["dev", "real_digits"]
    for row in rows:
        assert abs(row["compute_fraction"] - 0.4) < 0.05
        assert row["instructions_per_step_m4"] > row["instructions_per_step_m55"] > 1000
        assert row["tflm_steps"] > 0 and row["board_steps"] > 0 and row["parameters"] > 100_000
    again = command("run.py", *arguments, "-o", str(output))
    assert again.returncode == 0 and "epoch" not in again.stderr, "nothing is done twice"


def rows_of_every_system() -> list[dict[str, object]]:
    rows = []
    for number, (system, variant) in enumerate(
        [("dense", ""), ("learned", ""), ("learned", "always_kv"), ("learned", "block_input"),
         ("learned", "board_costs"), ("vad", ""), ("dense_small", ""), ("sliding_window", ""),
         ("periodic", ""), ("random", "")]
    ):  # fmt: skip
        for split in ("dev", "real_digits"):
            for target, seed in ((0.4, 1), (0.4, 2), (0.25, 1)):
                rows.append(
                    {"system": system, "variant": variant, "target": target, "seed": seed, "split": split,
                     "wer": 0.1 + number / 100, "compute_fraction": target, "parameters": 200_000,
                     "instructions_per_step_m4": 100_000 + 1000 * number,
                     "instructions_per_step_m55": 30_000 + 1000 * number}
                )  # fmt: skip
    return rows


def test_plot_draws_prints_and_fills_the_page(tmp_path: Path) -> None:
    (tmp_path / "gating.json").write_text(json.dumps({"rows": rows_of_every_system()}))
    page = tmp_path / "page.md"
    page.write_text("# Study\n\n<!-- rows -->\nold\n<!-- end of rows -->\n\nAfter.\n")
    done = command(
        "plot.py", str(tmp_path / "gating.json"), "-o", str(tmp_path / "curve"), "--page", str(page)
    )
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "curve.png").read_bytes().startswith(b"\x89PNG")
    assert (tmp_path / "curve.svg").read_text().startswith("<?xml")
    text = page.read_text()
    assert "old" not in text and text.startswith("# Study\n") and text.endswith("After.\n")
    assert "| learned gates | 0.4 | 2 |" in text, "two seeds in one row"


def test_plot_refuses_an_empty_record(tmp_path: Path) -> None:
    (tmp_path / "gating.json").write_text(json.dumps({"rows": []}))
    done = command("plot.py", str(tmp_path / "gating.json"), "-o", str(tmp_path / "curve"))
    assert done.returncode == 1 and "remedy:" in done.stderr
    assert not (tmp_path / "curve.png").exists()

"""``skipstone latency`` refuses a manifest without word times before it builds anything."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import soundfile
from skipstone.quantize.convert.network import convert
from skipstone.quantize.convert.random_checkpoint import random_checkpoint

SMALL = {"d_model": 16, "layers": 1, "heads": 2, "head_dim": 8, "positions": 4, "ffn": 24, "vocabulary": 5}


def test_a_manifest_without_word_times(tmp_path: Path) -> None:
    (tmp_path / "model.tflite").write_bytes(convert(random_checkpoint(1, **SMALL)))
    soundfile.write(tmp_path / "a.wav", np.zeros(1600, np.int16), 16000)
    row = {"audio": "a.wav", "duration": 0.1, "text": "word1"}
    (tmp_path / "manifest.jsonl").write_text(json.dumps(row) + "\n")
    command = [sys.executable, "-m", "skipstone.tools.cli.main", "latency", str(tmp_path / "model.tflite")]
    command += [str(tmp_path / "manifest.jsonl"), "--board", "mps2-an386", "--work", str(tmp_path / "work")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "error: no utterance of the manifest has word times" in done.stderr
    assert "skipstone corpus align" in done.stderr
    assert not (tmp_path / "work").exists()

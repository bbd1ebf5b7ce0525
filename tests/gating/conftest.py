"""The study's modules stand beside its command; tests import them from there."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from tone_corpus import write_tone_corpus

STUDY = Path(__file__).parents[2] / "benchmarks" / "gating"
sys.path.insert(0, str(STUDY))


@pytest.fixture(scope="session")
def manifests(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Tone corpora: ``train``, ``dev`` and, in a folder ``fsdd/`` among other recordings, ``real``."""
    folder = tmp_path_factory.mktemp("tones")
    real = folder / "real"
    listed = [
        write_tone_corpus(real / name, 6, seed).read_text() for name, seed in (("fsdd", 3), ("wake", 4))
    ]
    lines = [
        line.replace('"audio":"', f'"audio":"{name}/').replace('"audio": "', f'"audio": "{name}/')
        for name, text in zip(("fsdd", "wake"), listed, strict=True)
        for line in text.splitlines(keepends=True)
    ]
    (real / "manifest.jsonl").write_text("".join(lines))
    return {
        "train": write_tone_corpus(folder / "train", 12, 1),
        "dev": write_tone_corpus(folder / "dev", 6, 2),
        "real": real / "manifest.jsonl",
    }

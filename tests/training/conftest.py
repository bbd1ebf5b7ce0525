"""One thread: the networks of these tests are small, and threads that spin cost more than they save."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from tone_corpus import write_tone_corpus

torch.set_num_threads(1)


@pytest.fixture(scope="session")
def corpora(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the tone corpora ``train`` and ``dev``."""
    folder = tmp_path_factory.mktemp("tones")
    write_tone_corpus(folder / "train", 48, 1)
    write_tone_corpus(folder / "dev", 16, 2)
    return folder

"""A run that cannot work is refused before anything is built, with a remedy."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from skipstone.tools.run.errors import RunError
from skipstone.tools.run.settings import RunSettings


@pytest.fixture
def settings(tmp_path: Path) -> RunSettings:
    model, clip = tmp_path / "model.tflite", tmp_path / "clip.wav"
    model.write_bytes(b"x")
    clip.write_bytes(b"x")
    return RunSettings(model, (clip,), ("mps2-an386",), tmp_path / "run", tmp_path / "work")


def test_good_settings_pass(settings: RunSettings) -> None:
    settings.check()


@pytest.mark.parametrize(
    ("changes", "cause"),
    [
        ({"model": Path("nowhere.tflite")}, "nowhere.tflite does not exist"),
        ({"clips": ()}, "no clip"),
        ({"clips": (Path("nowhere.wav"),)}, "not found: nowhere.wav"),
        ({"boards": ()}, "no board"),
        ({"boards": ("mps2-an386", "mps2-an386")}, "twice"),
        ({"boards": ("mps2-an386", "mps3-an547"), "port": "/dev/ttyUSB0"}, "several boards"),
    ],
)
def test_bad_settings_are_refused(settings: RunSettings, changes: dict[str, object], cause: str) -> None:
    with pytest.raises(RunError, match=cause) as caught:
        replace(settings, **changes).check()  # type: ignore[arg-type]
    assert caught.value.remedy


def test_a_folder_with_other_files_is_never_replaced(settings: RunSettings) -> None:
    settings.output.mkdir()
    (settings.output / "thesis.txt").write_text("years of work")
    with pytest.raises(RunError, match="would be replaced"):
        settings.check()

"""A bundle reads back as it was written; a changed, truncated or foreign one is refused in one line."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from skipstone.tools.run.bundle import Bundle, BundleError, read_bundle, write_bundle, write_manifest


@pytest.fixture
def folder(tmp_path: Path, bundle: Bundle) -> Path:
    write_bundle(tmp_path / "run", bundle, "<!doctype html>")
    return tmp_path / "run"


def test_written_bundle_reads_back_equal(folder: Path, bundle: Bundle) -> None:
    again = read_bundle(folder)
    assert again.record == bundle.record
    written, read = bundle.frames.arrays(), again.frames.arrays()
    assert written.keys() == read.keys()
    for name, values in written.items():
        np.testing.assert_array_equal(values, read[name])
        assert values.dtype == read[name].dtype


def test_a_changed_file_is_noticed(folder: Path) -> None:
    (folder / "run.json").write_text((folder / "run.json").read_text().replace('"valid"', '"invalid"'))
    with pytest.raises(BundleError, match="not the file that the run wrote"):
        read_bundle(folder)


@pytest.mark.parametrize("name", ["run.json", "frames.npz", "manifest.json"])
def test_a_missing_file_is_named(folder: Path, name: str) -> None:
    (folder / name).unlink()
    with pytest.raises(BundleError, match=name):
        read_bundle(folder)


def test_another_schema_version_is_refused(folder: Path) -> None:
    content = json.loads((folder / "run.json").read_text())
    content["schema_version"] = 2
    (folder / "run.json").write_text(json.dumps(content))
    write_manifest(folder)
    with pytest.raises(BundleError, match="schema_version"):
        read_bundle(folder)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(place=st.integers(0, 10**9), byte=st.integers(0, 255), cut=st.booleans())
def test_damaged_frames_never_raise_anything_else(folder: Path, place: int, byte: int, cut: bool) -> None:
    path = folder / "frames.npz"
    whole = path.read_bytes()
    damaged = bytearray(whole[: place % len(whole)] if cut else whole)
    if not cut:
        damaged[place % len(damaged)] = byte
    path.write_bytes(damaged)
    write_manifest(folder)
    try:
        read_bundle(folder)
    except BundleError as error:
        assert "\n" not in error.cause
    finally:
        path.write_bytes(whole)
        write_manifest(folder)

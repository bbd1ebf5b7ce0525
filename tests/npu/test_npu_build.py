"""Compiling the model: once per version of its sources, with a typed error where that cannot be."""

from __future__ import annotations

from pathlib import Path

import pytest
from skipstone.tools.virtual.npu import build
from skipstone.tools.virtual.npu.errors import NpuModelError


def test_it_is_compiled_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SKIPSTONE_CACHE", str(tmp_path))
    monkeypatch.setattr(build, "FLAGS", (*build.FLAGS[:1], "-O0", "-fPIC"))
    first = build.model_library()
    stamp = first.stat().st_mtime_ns
    assert build.model_library() == first
    assert first.stat().st_mtime_ns == stamp
    assert [path for path in first.parent.iterdir() if path != first] == []


def test_no_compiler(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SKIPSTONE_CACHE", str(tmp_path))
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(NpuModelError, match="no C compiler") as caught:
        build.model_library()
    assert "gcc" in caught.value.remedy


def test_sources_that_do_not_compile(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = tmp_path / "npu_broken.c"
    source.write_text("int broken(void) { return }\n")
    monkeypatch.setenv("SKIPSTONE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(build, "model_sources", lambda: [source])
    with pytest.raises(NpuModelError, match="does not compile"):
        build.model_library()
    assert list((tmp_path / "cache" / "npu").iterdir()) == []

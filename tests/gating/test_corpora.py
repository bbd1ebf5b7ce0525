"""What the study reads: splits and evenly spread samples."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from corpora import Corpora, load_corpora, spread
from skipstone.quantize.corpora.manifest import ManifestError
from study_error import StudyError


def load(manifests: dict[str, Path], cache: Path, held_out: str = "b", **changes: int) -> Corpora:
    sizes = {"every": 1, "digits": 400, **changes}
    return load_corpora(
        manifests["train"],
        manifests["dev"],
        manifests["real"],
        cache,
        sizes["every"],
        sizes["digits"],
        held_out,
        lambda: None,
    )


def test_splits(manifests: dict[str, Path], tmp_path: Path) -> None:
    corpora = load(manifests, tmp_path)
    assert [(s.name, len(s.utterances)) for s in corpora.splits] == [("dev", 6), ("real_digits", 2)]
    assert all("fsdd" in str(u.audio) for u in corpora.splits[1].utterances)
    assert {u.speaker for u in corpora.splits[1].utterances} == {"b"}
    assert len(corpora.train.utterances) == 12 + 4
    clip = corpora.splits[0].steps(0, corpora.settings)
    assert clip.dtype == np.int8 and clip.shape[1] == 160


def test_fewer(manifests: dict[str, Path], tmp_path: Path) -> None:
    corpora = load(manifests, tmp_path, every=4, digits=1)
    assert len(corpora.train.utterances) == 3 + 1
    assert len(corpora.splits[1].utterances) == 1


@pytest.mark.parametrize(("count", "wanted", "places"), [(10, 3, [0, 4, 9]), (3, 9, [0, 1, 2]), (5, 1, [0])])
def test_spread(count: int, wanted: int, places: list[int]) -> None:
    assert spread(count, wanted) == places


def test_a_missing_manifest_is_named(manifests: dict[str, Path], tmp_path: Path) -> None:
    with pytest.raises(ManifestError, match="nowhere"):
        load({**manifests, "train": tmp_path / "nowhere.jsonl"}, tmp_path)


def test_a_speaker_who_is_not_there_is_named(manifests: dict[str, Path], tmp_path: Path) -> None:
    with pytest.raises(StudyError, match="'nobody'"):
        load(manifests, tmp_path, held_out="nobody")

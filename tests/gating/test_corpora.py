"""What the study reads: splits, the telephone band, evenly spread samples."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from corpora import Corpora, load_corpora, spread, telephone, telephone_loss
from skipstone.quantize.corpora.manifest import ManifestError
from skipstone.quantize.features.settings import FeatureSettings


def load(manifests: dict[str, Path], cache: Path, **changes: int) -> Corpora:
    sizes = {"every": 1, "digits": 400, **changes}
    return load_corpora(
        manifests["train"],
        manifests["dev"],
        manifests["real"],
        cache,
        sizes["every"],
        sizes["digits"],
        lambda: None,
    )


def test_splits(manifests: dict[str, Path], tmp_path: Path) -> None:
    corpora = load(manifests, tmp_path)
    assert [(s.name, len(s.utterances)) for s in corpora.splits] == [("dev", 6), ("real_digits", 6)]
    assert all("fsdd" in str(u.audio) for u in corpora.splits[1].utterances)
    assert len(corpora.train.utterances) == 12
    clip = corpora.splits[0].steps(0, corpora.settings)
    assert clip.dtype == np.int8 and clip.shape[1] == 160


def test_fewer(manifests: dict[str, Path], tmp_path: Path) -> None:
    corpora = load(manifests, tmp_path, every=4, digits=2)
    assert len(corpora.train.utterances) == 3
    assert len(corpora.splits[1].utterances) == 2


def test_every_second_clip_is_a_telephone_call(manifests: dict[str, Path], tmp_path: Path) -> None:
    source = load(manifests, tmp_path).train
    (corpus, _), *_ = source.utterances
    plain = load_corpora(
        manifests["train"], manifests["train"], manifests["real"], tmp_path, 1, 1, lambda: None
    ).splits[0]
    lost = telephone_loss(FeatureSettings())
    assert (corpus.utterance(0) == plain.features.utterance(0)).all()
    assert (corpus.utterance(1) == telephone(plain.features.utterance(1), lost)).all()
    assert corpus.texts[1] == plain.utterances[1].text


def test_the_telephone_takes_the_high_bins() -> None:
    lost = telephone_loss(FeatureSettings())
    assert (np.diff(lost) >= 0).all() and lost[0] == 0 and lost[-1] == 110
    frames = np.full((3, 40), 100, np.int8)
    assert telephone(frames, lost)[0, 0] == 100 and telephone(frames, lost)[0, -1] == -10
    assert telephone(np.full((1, 40), -100, np.int8), lost)[0, -1] == -128, "no wrap-around"


@pytest.mark.parametrize(("count", "wanted", "places"), [(10, 3, [0, 4, 9]), (3, 9, [0, 1, 2]), (5, 1, [0])])
def test_spread(count: int, wanted: int, places: list[int]) -> None:
    assert spread(count, wanted) == places


def test_a_missing_manifest_is_named(manifests: dict[str, Path], tmp_path: Path) -> None:
    with pytest.raises(ManifestError, match="nowhere"):
        load({**manifests, "train": tmp_path / "nowhere.jsonl"}, tmp_path)

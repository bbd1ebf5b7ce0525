"""Batches: every utterance as often as asked for, the same whoever makes them and wherever one begins."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from skipstone.quantize.corpora.feature_cache import CorpusFeatures
from skipstone.quantize.corpora.tokens import TokenList
from skipstone.quantize.features.settings import FeatureSettings
from skipstone.quantize.training.batches import Batch, BatchSource, Part
from skipstone.quantize.training.corpus_shares import CorpusShare
from skipstone.quantize.training.stage_recipe import Augmentation

SETTINGS = FeatureSettings()


def corpus(count: int, first: int = 0) -> CorpusFeatures:
    """Utterance ``i`` says ``w<i>`` and has features of value ``i``."""
    lengths = [8 + 4 * (index % 5) for index in range(count)]
    frames = np.concatenate([np.full((n, 40), first + i, np.int8) for i, n in enumerate(lengths)])
    texts = tuple(f"w{first + index}" for index in range(count))
    return CorpusFeatures(frames, np.cumsum([0, *lengths]), texts)


def source(*shares: CorpusShare | CorpusFeatures) -> BatchSource:
    return BatchSource(shares, TokenList.of_words(f"w{index}" for index in range(40)), SETTINGS)


def said(batches: list[Batch]) -> Counter[str]:
    return Counter(text for batch in batches for text in batch.texts)


def equal(a: Batch, b: Batch) -> bool:
    return a.texts == b.texts and torch.equal(a.features, b.features) and torch.equal(a.targets, b.targets)


def test_an_epoch_has_every_utterance_once() -> None:
    batches = list(source(corpus(23)).epoch(4, (1,), None))
    assert said(batches) == Counter({f"w{index}": 1 for index in range(23)})
    assert len(batches) == source(corpus(23)).count(4)


def test_repeats_multiply_and_fractions_draw_others_each_epoch() -> None:
    many = CorpusShare(corpus(4), np.arange(4), repeat=3.0)
    half = CorpusShare(corpus(20, first=10), np.arange(20), repeat=0.5)
    made = source(many, half)
    epochs = [said(list(made.epoch(4, (1, epoch), None))) for epoch in range(2)]
    for counts in epochs:
        assert [counts[f"w{index}"] for index in range(4)] == [3] * 4
        assert sum(counts[f"w{index}"] for index in range(10, 30)) == 10
    assert epochs[0] != epochs[1]
    assert len(list(made.epoch(4, (1,), None))) == made.count(4)


def test_a_share_has_only_its_utterances() -> None:
    share = CorpusShare(corpus(10), np.array([2, 5, 7]))
    assert set(said(list(source(share).epoch(2, (1,), None)))) == {"w2", "w5", "w7"}


def test_later_batches_do_not_depend_on_earlier_ones() -> None:
    everything = Augmentation(concatenate=0.5)
    whole = list(source(corpus(23)).epoch(4, (1, 2), everything))
    rest = list(source(corpus(23)).epoch(4, (1, 2), everything, start=3))
    assert len(rest) == len(whole) - 3
    assert all(equal(a, b) for a, b in zip(whole[3:], rest, strict=True))


@pytest.mark.parametrize("size", [2, 3])
def test_parts_make_up_the_whole(size: int) -> None:
    made = source(corpus(23))
    whole = list(made.epoch(6, (1,), None))
    parts = [list(made.epoch(6, (1,), None, part=Part(rank, size))) for rank in range(size)]
    for number, batch in enumerate(whole):
        rows = [part[number] for part in parts]
        assert len({len(row.texts) for row in rows}) == 1, "every process has equally many"
        assert set(batch.texts) == {text for row in rows for text in row.texts}
    dev = [list(made.in_order(4, Part(rank, size))) for rank in range(size)]
    assert said([batch for part in dev for batch in part]) == said(list(made.in_order(4)))


@given(st.integers(1, 9), st.integers(1, 40))
def test_parts_are_even_and_lose_nothing(size: int, count: int) -> None:
    group = np.arange(count)
    rows = [Part(rank, size).rows(group) for rank in range(size)]
    assert len({len(row) for row in rows}) == 1
    assert set(np.concatenate(rows)) == set(group)


def test_joined_utterances_have_all_targets_in_order() -> None:
    made = source(corpus(12))
    batches = list(made.epoch(4, (1,), Augmentation(concatenate=1.0, concatenate_utterances=4)))
    tokens = TokenList.of_words(f"w{index}" for index in range(40))
    for batch in batches:
        targets = batch.targets.split(batch.target_lengths.tolist())
        for text, ids in zip(batch.texts, targets, strict=True):
            assert 2 <= len(text.split()) <= 4
            assert tokens.encode(text) == ids.tolist()


def test_silence_has_no_targets() -> None:
    silent = CorpusFeatures(np.full((20, 40), -128, np.int8), np.array([0, 8, 20]), ("", ""))
    (batch,) = source(silent).epoch(2, (1,), None)
    assert batch.target_lengths.tolist() == [0, 0]
    assert batch.targets.shape == (0,)


def test_a_source_without_tokens_takes_any_text() -> None:
    made = BatchSource([corpus(3, first=90)], None, SETTINGS)
    assert said(list(made.in_order(2))) == Counter({"w90": 1, "w91": 1, "w92": 1})

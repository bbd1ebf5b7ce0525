"""Rows of running speech: nothing is lost or reordered, all rows of a batch are equally long."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from skipstone.quantize.corpora.feature_cache import CorpusFeatures
from skipstone.quantize.corpora.tokens import TokenList
from skipstone.quantize.features.settings import FeatureSettings
from skipstone.quantize.training.batches import Batch, BatchSource, Part
from skipstone.quantize.training.noise import SILENCE
from skipstone.quantize.training.stage_recipe import Augmentation, Stage
from skipstone.quantize.training.stream_rows import (
    MOST_WAITING,
    Running,
    background,
    join_row,
    plan_rows,
    row_count,
)

SETTINGS = FeatureSettings()
TOKENS = TokenList.of_words(f"w{index}" for index in range(40))
STEPS = (12, 20)
RUNNING = Running(STEPS)


def source(count: int = 30) -> BatchSource:
    """Utterance ``i`` says ``w<i>``, has features of value ``i`` and 2 to 6 steps."""
    lengths = [8 + 4 * (index % 5) for index in range(count)]
    frames = np.concatenate([np.full((n, 40), i, np.int8) for i, n in enumerate(lengths)])
    texts = tuple(f"w{index}" for index in range(count))
    return BatchSource([CorpusFeatures(frames, np.cumsum([0, *lengths]), texts)], TOKENS, SETTINGS)


def equal(a: Batch, b: Batch) -> bool:
    return a.texts == b.texts and torch.equal(a.features, b.features) and torch.equal(a.targets, b.targets)


@given(
    st.lists(st.integers(1, 300), min_size=1, max_size=60),
    st.lists(st.integers(40, 800), min_size=1, max_size=40),
    st.integers(0, 9),
)
def test_rows_take_utterances_in_turn_and_stay_within_their_room(
    lengths: list[int], room: list[int], seed: int
) -> None:
    generator = np.random.default_rng(seed)
    order = generator.permutation(len(lengths))
    rows = plan_rows(order, np.array(lengths), np.array(room), generator)
    assert len(rows) == len(room)
    for row, frames in zip(rows, room, strict=True):
        assert row
        assert len(row) == 1 or sum(lengths[index] for index in row) <= frames
    dealt = [index for row in rows for index in row]
    counts = [dealt.count(index) for index in range(len(lengths))]
    assert max(counts) - min(counts) <= 1 + MOST_WAITING


@given(st.lists(st.integers(1, 50), min_size=1, max_size=6), st.integers(1, 400), st.integers(0, 9))
def test_a_row_holds_its_clips_in_order_and_is_filled_up(lengths: list[int], frames: int, seed: int) -> None:
    clips = [np.full((n, 4), 100 + i, np.float32) for i, n in enumerate(lengths)]
    row = join_row(clips, frames, np.random.default_rng(seed))
    assert len(row) == max(frames, sum(lengths))
    places = [int(np.flatnonzero((row == 100 + i).all(axis=1))[0]) for i in range(len(clips))]
    assert places == sorted(places)
    for place, clip in zip(places, clips, strict=True):
        assert np.array_equal(row[place : place + len(clip)], clip)


@pytest.mark.parametrize("seed", range(20))
def test_background_is_finite_and_no_louder_than_speech(seed: int) -> None:
    generator = np.random.default_rng(seed)
    clip = generator.uniform(-128, 90, (30, 40)).astype(np.float32)
    noise = background(25, clip, generator)
    assert noise.shape == (25, 40)
    assert np.isfinite(noise).all()
    assert noise.min() >= SILENCE
    assert noise.mean() < 20


def test_background_of_no_frames_is_empty() -> None:
    clip = np.zeros((3, 40), np.float32)
    assert [len(background(0, clip, np.random.default_rng(seed))) for seed in range(9)] == [0] * 9


def test_batches_have_rows_of_one_length_and_targets_in_order() -> None:
    batches = list(source().streams(4, (1,), None, RUNNING))
    assert len(batches) == source().stream_count(4, RUNNING)
    for batch in batches:
        assert batch.valid.all()
        assert STEPS[0] <= batch.features.shape[1] <= STEPS[1]
        targets = batch.targets.split(batch.target_lengths.tolist())
        for text, ids in zip(batch.texts, targets, strict=True):
            assert TOKENS.encode(text) == ids.tolist()
    said = {word for batch in batches for text in batch.texts for word in text.split()}
    assert said == {f"w{index}" for index in range(30)}


def test_a_share_of_the_utterances_stays_single() -> None:
    running = Running(STEPS, share=0.5)
    batches = list(source().streams(4, (1,), None, running))
    assert len(batches) == source().stream_count(4, running)
    single = [text for batch in batches for text in batch.texts if len(text.split()) == 1]
    assert len(single) >= 15
    assert any(len(text.split()) > 1 for batch in batches for text in batch.texts)


def test_later_batches_do_not_depend_on_earlier_ones() -> None:
    everything = Augmentation(hesitation=0.5)
    whole = list(source().streams(4, (1, 2), everything, RUNNING))
    rest = list(source().streams(4, (1, 2), everything, RUNNING, start=2))
    assert len(rest) == len(whole) - 2
    assert all(equal(a, b) for a, b in zip(whole[2:], rest, strict=True))


def test_processes_share_the_rows() -> None:
    whole = list(source().streams(4, (1,), None, RUNNING))
    parts = [list(source().streams(4, (1,), None, RUNNING, part=Part(rank, 2))) for rank in range(2)]
    for number, batch in enumerate(whole):
        assert set(batch.texts) == {text for part in parts for text in part[number].texts}


def test_more_speech_makes_more_rows() -> None:
    assert row_count(0, STEPS) == 1
    assert row_count(1280, STEPS) == 100
    assert source().stream_count(4, RUNNING, shortest=0.5) < source().stream_count(4, RUNNING)


@pytest.mark.parametrize("steps", [(0, 4), (9, 8)])
def test_a_range_that_is_none_is_refused(steps: tuple[int, int]) -> None:
    with pytest.raises(ValidationError, match="stream_steps"):
        Stage(name="dense", epochs=1, learning_rate=1e-3, stream_steps=steps)


def test_running_speech_begins_where_the_recipe_says() -> None:
    stage = Stage(name="dense", epochs=4, learning_rate=1e-3, stream_steps=STEPS, stream_start=0.5)
    assert [stage.running(epoch) is not None for epoch in range(4)] == [False, False, True, True]
    assert stage.running(3) == Running(STEPS)
    assert Stage(name="dense", epochs=4, learning_rate=1e-3).running(3) is None

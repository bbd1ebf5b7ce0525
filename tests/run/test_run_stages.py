"""The stages of a run find every byte that differs from TFLM, and their sums add up."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from skipstone.firmware.codegen.boards import load_board
from skipstone.quantize.evaluation.gates import compute_fraction
from skipstone.tools.device.results import StepBatch
from skipstone.tools.profile.energy import EnergyModel
from skipstone.tools.run.clips import TAIL_STEPS, Clip, read_clips
from skipstone.tools.run.costs import block_costs, pass_record
from skipstone.tools.run.errors import RunError
from skipstone.tools.run.model import LoadedModel, load_model
from skipstone.tools.run.record import BlockFacts, ModelFacts
from skipstone.tools.run.reference import Answers, tflm_answers
from skipstone.tools.run.settings import PASSES
from skipstone.tools.run.stream import equal_steps, stream_pass
from tflm_device import TflmDevice


@pytest.fixture(scope="module")
def model(model_path: Path) -> LoadedModel:
    return load_model(model_path)


@pytest.fixture(scope="module")
def clips(model: LoadedModel, clip_paths: tuple[Path, ...]) -> list[Clip]:
    return read_clips(clip_paths, model.features)


def nothing(_: int, __: NDArray[np.int8]) -> None:
    """Spoil no step."""


def facts(macs: list[int], arbitrator_macs: int) -> ModelFacts:
    blocks = tuple(
        BlockFacts(index=i, name=f"block{i}", kind="ffn", macs=count, weight_bytes=1, threshold=0)
        for i, count in enumerate(macs)
    )
    return ModelFacts(
        name="m",
        sha256="",
        file_bytes=1,
        weight_bytes=1,
        feature_count=160,
        frames_per_step=4,
        logit_count=2,
        tokens=("", "▁a"),
        blocks=blocks,
        fixed_macs=10,
        arbitrator_macs=arbitrator_macs,
    )


def test_clips_get_silence_behind_them_and_names_of_their_own(clips: list[Clip]) -> None:
    assert [clip.identifier for clip in clips] == ["burst", "burst-2"]
    for clip in clips:
        assert clip.seconds == 0.5
        assert clip.features.shape == (clip.steps, 160)
        assert clip.pcm.shape == (clip.steps * 640,)
        assert clip.steps >= 8000 // 640 + TAIL_STEPS
        assert not clip.pcm[-TAIL_STEPS * 640 :].any()


def test_a_model_without_metadata_is_refused_with_their_names(tmp_path: Path, model: LoadedModel) -> None:
    # Another name of the same length hides the metadata without touching anything else.
    path = tmp_path / "plain.tflite"
    path.write_bytes(model.data.replace(b"SKIP_TABLE", b"SKAP_TABLE").replace(b"TOKENS", b"TAKENS"))
    with pytest.raises(RunError, match="SKIP_TABLE, TOKENS"):
        load_model(path)


@pytest.mark.parametrize("source", PASSES)
def test_a_device_that_computes_as_tflm_has_no_mismatch(
    model: LoadedModel, clips: list[Clip], source: str
) -> None:
    seen: list[int] = []
    expected = tflm_answers(model.data, clips, len(model.facts.blocks), source, seen.append)  # type: ignore[arg-type]
    device = TflmDevice(model.data, nothing)
    done = stream_pass(device, clips, source, expected, False, seen.append)  # type: ignore[arg-type]
    steps = sum(clip.steps for clip in clips)
    assert done.equal.all() and len(done.equal) == steps
    assert sum(seen) == 2 * steps
    fraction = compute_fraction(done.batch.gates, model.facts)
    assert source != "all" or fraction == 1.0
    assert source != "none" or 0 < fraction < 0.1


def test_one_wrong_byte_makes_one_unequal_step(model: LoadedModel, clips: list[Clip]) -> None:
    def spoil(step: int, logits: NDArray[np.int8]) -> None:
        if step == 7:
            logits.ravel()[-1] ^= 1

    expected = tflm_answers(model.data, clips, len(model.facts.blocks), "arbitrator", lambda _: None)
    device = TflmDevice(model.data, spoil)
    done = stream_pass(device, clips, "arbitrator", expected, False, lambda _: None)  # type: ignore[arg-type]
    assert np.flatnonzero(~done.equal).tolist() == [7]
    energy = EnergyModel.of(load_board("mps2-an386"), 4, "modelled")
    assert pass_record("arbitrator", done, model.facts, energy).mismatches == 1


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_any_changed_bit_of_logits_gates_or_features_is_found(data: st.DataObject) -> None:
    steps, width = data.draw(st.integers(1, 6)), data.draw(st.integers(1, 5))
    random = np.random.default_rng(data.draw(st.integers(0, 2**32 - 1)))
    logits = random.integers(-128, 128, (steps, width)).astype(np.int8)
    gates = random.integers(0, 2, (steps, width)).astype(bool)
    features = random.integers(-128, 128, (steps, width)).astype(np.int8)
    answered = {"logits": logits.copy(), "gates": gates.copy(), "features": features.copy()}
    wrong = data.draw(st.sets(st.integers(0, steps - 1)))
    for step in wrong:
        answered[data.draw(st.sampled_from(sorted(answered)))][
            step, data.draw(st.integers(0, width - 1))
        ] ^= 1
    count = np.zeros(steps, np.uint32)
    batch = StepBatch(
        answered["gates"], count.astype(np.int16), count, count, answered["logits"], answered["features"]
    )
    equal = equal_steps(batch, Answers(logits, gates), features)
    assert set(np.flatnonzero(~equal).tolist()) == wrong


def test_compute_fraction_counts_the_arbitrators() -> None:
    gates = np.array([[True, False], [False, False]])
    # Executed: 30 + 2 · 5; all: 2 · (30 + 70 + 5).
    assert compute_fraction(gates, facts([30, 70], 5)) == pytest.approx(40 / 210)
    assert compute_fraction(np.zeros((3, 0), bool), facts([], 0)) == 1.0


def test_block_costs_add_up_to_the_whole(model: LoadedModel, clips: list[Clip]) -> None:
    expected = tflm_answers(model.data, clips, len(model.facts.blocks), "arbitrator", lambda _: None)
    device = TflmDevice(model.data, nothing)
    done = stream_pass(device, clips, "arbitrator", expected, False, lambda _: None)  # type: ignore[arg-type]
    energy = EnergyModel.of(load_board("mps2-an386"), 4, "modelled")
    rows = block_costs(done.profile, model.facts, energy)
    assert sum(row.share for row in rows) == pytest.approx(1.0)
    assert sum(row.runs * row.instructions for row in rows) == pytest.approx(done.profile.instructions)
    assert [row.name for row in rows[-3:]] == ["before the blocks", "after the blocks", "dispatch"]
    for row in rows[: len(model.facts.blocks)]:
        assert row.runs + row.skips == done.profile.steps

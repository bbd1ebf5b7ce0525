"""Costs of a profile in training, and the curves for TensorBoard."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from skipstone.quantize.losses.profile_costs import ProfileError
from skipstone.quantize.models.config import ModelConfig
from skipstone.quantize.models.costs import NetworkCosts
from skipstone.quantize.training.run import TrainingRun
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tone_run import MODEL, Silent, tone_recipe

CONFIG = ModelConfig(vocabulary=4, **MODEL)


def write_profile(path: Path, costs: list[float]) -> Path:
    """A profile of the tone model whose blocks cost ``costs`` instructions."""
    macs = NetworkCosts.of(CONFIG).blocks
    blocks = [
        {"name": name, "runs": 5, "macs": m, "instructions": cost, "cycles": cost}
        for name, m, cost in zip(CONFIG.block_names, macs, costs, strict=True)
    ]
    fixed = [
        {"name": n, "runs": 5, "macs": 0, "instructions": 0.0, "cycles": 0.0}
        for n in ("before", "after", "dispatch")
    ]
    kinds = {"instructions_kind": "exact", "cycles_kind": "modelled"}
    path.write_text(json.dumps({"version": 1, "board": "b", **kinds, "blocks": blocks, "fixed": fixed}))
    return path


def lines(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]


def test_the_loss_closes_what_the_board_finds_expensive(corpora: Path, tmp_path: Path) -> None:
    """Against a profile in which attention costs nearly all, its gates shut first; both fractions are
    recorded."""
    stages = {
        "gated": {
            "epochs": 12,
            "cost_weight": 8.0,
            "cost_target": 0.1,
            "cost_ramp": 0.0,
            "learning_rate": 1e-2,
        }
    }
    profile = write_profile(tmp_path / "p.json", [9900.0, 100.0])
    recipe = tone_recipe(corpora, stages).with_costs(str(profile))
    TrainingRun(recipe, tmp_path / "run", Silent()).run()
    last = lines(tmp_path / "run")[-1]
    mha, ffn = last["block_rates"]
    assert mha < ffn
    assert last["tones_cost_fraction"] == pytest.approx((9900 * mha + 100 * ffn) / 10_000, abs=2e-3)
    expected = NetworkCosts.of(CONFIG)
    total = sum(expected.blocks) + expected.arbitrators
    macs = (mha * expected.blocks[0] + ffn * expected.blocks[1] + expected.arbitrators) / total
    assert last["tones_compute_fraction"] == pytest.approx(macs, abs=2e-3)


def test_other_costs_are_another_stage(corpora: Path, tmp_path: Path) -> None:
    digests = []
    for number, costs in enumerate(([1.0, 2.0], [2.0, 1.0])):
        profile = write_profile(tmp_path / f"{number}.json", costs)
        recipe = tone_recipe(corpora, {"gated": {"epochs": 1}}).with_costs(str(profile))
        TrainingRun(recipe, tmp_path / str(number), Silent()).run()
        digests.append(lines(tmp_path / str(number))[0]["recipe"])
    assert digests[0] != digests[1]


def test_a_profile_of_another_network_stops_the_run_before_it_trains(corpora: Path, tmp_path: Path) -> None:
    profile = write_profile(tmp_path / "p.json", [1.0, 1.0])
    recipe = tone_recipe(corpora, {"dense": {"epochs": 1}}, model={**MODEL, "layers": 2}).with_costs(
        str(profile)
    )
    with pytest.raises(ProfileError, match="no block layer1/mha"):
        TrainingRun(recipe, tmp_path / "run", Silent()).run()


def test_curves_have_losses_rates_and_gates(corpora: Path, tmp_path: Path) -> None:
    stages = {"dense": {"epochs": 2, "batch": 2, "curriculum": 0.0}, "gated": {"epochs": 1, "batch": 2}}
    with pytest.raises(KeyboardInterrupt):
        TrainingRun(tone_recipe(corpora, stages), tmp_path / "run", Silent("dense 2")).run()
    TrainingRun(tone_recipe(corpora, stages), tmp_path / "run", Silent()).run()
    events = EventAccumulator(str(tmp_path / "run" / "tensorboard" / "gated"))
    events.Reload()
    tags = set(events.Tags()["scalars"])
    assert {
        "train/task_loss",
        "train/learning_rate",
        "train/compute_fraction",
        "gate_rate/layer0/mha",
    } <= tags
    assert {"epoch/tones_word_error_rate", "epoch/tones_compute_fraction"} <= tags
    dense = EventAccumulator(str(tmp_path / "run" / "tensorboard" / "dense"))
    dense.Reload()
    steps = [event.step for event in dense.Scalars("train/task_loss")]
    assert steps == [10, 20, 30, 40], "one curve through both processes"
    assert len(dense.Scalars("epoch/task_loss")) == 2
    recorded = [line["task_loss"] for line in lines(tmp_path / "run") if line["stage"] == "dense"]
    assert [event.value for event in dense.Scalars("epoch/task_loss")] == pytest.approx(recorded, rel=1e-5)

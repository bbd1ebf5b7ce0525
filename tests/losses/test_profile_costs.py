"""Costs from a profile: by block name, with the overhead of gating; another network's profile is refused."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from skipstone.quantize.losses.profile_costs import ProfileError, profile_costs
from skipstone.quantize.models.config import ModelConfig
from skipstone.quantize.models.costs import NetworkCosts

CONFIG = ModelConfig(vocabulary=5, layers=2)
MACS = NetworkCosts.of(CONFIG)


def part(name: str, instructions: float, runs: int = 10, macs: int = 0) -> dict[str, Any]:
    return {
        "name": name,
        "runs": runs,
        "skips": 0,
        "instructions": instructions,
        "cycles": 2 * instructions,
        "energy_uj": 1.0,
        "share": 0.1,
        "macs": macs,
    }


def profile() -> dict[str, Any]:
    blocks = [
        part(n, 1000.0 * (i + 1), macs=m)
        for i, (n, m) in enumerate(zip(CONFIG.block_names, MACS.blocks, strict=True))
    ]
    fixed = [part("before", 600.0), part("after", 300.0), part("dispatch", 40.0)]
    return {
        "version": 1,
        "board": "mps2-an386",
        "instructions_kind": "exact",
        "cycles_kind": "modelled",
        "blocks": blocks[::-1],
        "fixed": fixed,
        "steps": {"gates": []},
        "mean": {},
    }


def write(path: Path, data: Any) -> Path:
    path.write_text(json.dumps(data))
    return path


def test_costs_are_mapped_by_name(tmp_path: Path) -> None:
    costs = profile_costs(write(tmp_path / "p.json", profile()), CONFIG, "instructions")
    assert costs.blocks == (1000, 2000, 3000, 4000)
    doubled = profile_costs(tmp_path / "p.json", CONFIG, "cycles")
    assert doubled.blocks == (2000, 4000, 6000, 8000)


def test_the_part_before_the_blocks_is_shared_out_by_macs(tmp_path: Path) -> None:
    costs = profile_costs(write(tmp_path / "p.json", profile()), CONFIG, "instructions")
    front = CONFIG.d_model * (CONFIG.feature_count + CONFIG.conv_taps)
    arbitrators = 600 * MACS.arbitrators / (front + MACS.arbitrators)
    assert costs.arbitrators == pytest.approx(arbitrators + 40, abs=1)
    assert costs.arbitrators + costs.fixed == pytest.approx(940, abs=2)


def test_keys_and_values_outside_the_gates_are_counted_with_the_blocks(tmp_path: Path) -> None:
    config = ModelConfig(vocabulary=5, layers=2, kv_policy="always_kv")
    macs = NetworkCosts.of(config)
    data = profile()
    for block, value in zip(data["blocks"], macs.blocks[::-1], strict=True):
        block["macs"] = value
    costs = profile_costs(write(tmp_path / "p.json", data), config, "instructions")
    assert costs.fixed_blocks / costs.fixed > 0.3
    assert costs.arbitrators + costs.fixed == pytest.approx(940, abs=3)


def test_the_fraction_counts_what_the_board_counts(tmp_path: Path) -> None:
    costs = profile_costs(write(tmp_path / "p.json", profile()), CONFIG, "instructions")
    gates = torch.tensor([1.0, 0.0, 0.0, 0.0]).reshape(1, 1, 4)
    overhead = costs.arbitrators
    assert float(costs.compute_fraction(gates)) == pytest.approx((1000 + overhead) / (10_000 + overhead))


def changed(change: Callable[[dict[str, Any]], Any]) -> dict[str, Any]:
    data = profile()
    change(data)
    return data


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda d: d["blocks"].pop(), "no block layer0/mha"),
        (lambda d: d["blocks"][0].update(name="layer9/ffn"), "unknown block layer9/ffn"),
        (lambda d: d["blocks"][0].update(macs=7), "layer1/ffn has 7 MACs"),
        (lambda d: d["blocks"][0].update(runs=0), "layer1/ffn never ran"),
        (lambda d: d["blocks"][0].pop("macs"), "macs: Field required"),
        (lambda d: d["fixed"].pop(), "no cost of dispatch"),
        (lambda d: d.update(version=2), "version"),
        (lambda d: d.update(instructions_kind="none"), "counts no instructions"),
        (lambda d: d["blocks"][0].update(instructions=-1.0), "instructions"),
    ],
)
def test_a_profile_of_something_else_is_refused(
    tmp_path: Path, change: Callable[[dict[str, Any]], Any], message: str
) -> None:
    with pytest.raises(ProfileError, match=message):
        profile_costs(write(tmp_path / "p.json", changed(change)), CONFIG, "instructions")


@pytest.mark.parametrize("text", ["", "[]", "{", '{"version": 1}', "\x00\xff"])
def test_what_is_no_profile_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "p.json").write_bytes(text.encode("latin-1"))
    with pytest.raises(ProfileError, match="is no profile"):
        profile_costs(tmp_path / "p.json", CONFIG, "instructions")


def test_a_missing_profile_is_named(tmp_path: Path) -> None:
    with pytest.raises(ProfileError, match="cannot read profile"):
        profile_costs(tmp_path / "nowhere.json", CONFIG, "instructions")

"""Which trials the study has, and the size of their models."""

from __future__ import annotations

from dataclasses import replace

import pytest
from skipstone.quantize.models.config import ModelConfig
from skipstone.quantize.models.costs import NetworkCosts
from systems import (
    AT_REPEATED_TARGET_ONLY,
    REPEATED_TARGET,
    SYSTEMS,
    TARGETS,
    Trial,
    average_macs,
    total_macs,
    trial_config,
    trials,
)

DENSE = ModelConfig(vocabulary=172, d_model=64, layers=4, heads=2, head_dim=32, ffn=256)


def test_every_system_at_every_target() -> None:
    listed = list(trials())
    assert len({trial.name for trial in listed}) == len(listed)
    for system, variants in SYSTEMS.items():
        for variant in variants:
            targets = {t.target for t in listed if (t.system, t.variant) == (system, variant)}
            every = {REPEATED_TARGET} if variant in AT_REPEATED_TARGET_ONLY else set(TARGETS)
            assert targets == ({1.0} if system == "dense" else every)


@pytest.mark.parametrize("system", ["learned", "dense_small"])
def test_three_seeds_where_the_comparison_is(system: str) -> None:
    plain = [t for t in trials() if t.system == system and not t.variant]
    assert sorted(t.seed for t in plain if t.target == 0.4) == [1, 2, 3]
    assert [t.seed for t in plain if t.target == 0.7] == [1]


def test_a_choice_of_systems_targets_and_seeds() -> None:
    assert [t.name for t in trials(("periodic",), (0.7,), (4,))] == ["periodic-c70-s4"]
    assert list(trials(())) == []


@pytest.mark.parametrize("target", TARGETS)
def test_the_smaller_model_costs_what_the_gated_one_costs_on_average(target: float) -> None:
    small = trial_config(Trial("dense_small", "", target, 1), DENSE)
    wanted = average_macs(DENSE, target)
    assert total_macs(small) == pytest.approx(wanted, rel=0.1)
    assert (small.layers, small.heads, small.positions) == (DENSE.layers, DENSE.heads, DENSE.positions)
    wider = replace(small, d_model=small.d_model + 4, head_dim=small.head_dim + 2, ffn=small.ffn + 16)
    assert abs(total_macs(wider) - wanted) > abs(total_macs(small) - wanted)


def test_average_macs_count_everything() -> None:
    costs = NetworkCosts.of(DENSE)
    assert average_macs(DENSE, 1.0) == total_macs(DENSE)
    assert average_macs(DENSE, 0.5) == costs.fixed + 0.5 * (sum(costs.blocks) + costs.arbitrators)


def test_variants_change_one_thing() -> None:
    assert trial_config(Trial("learned", "", 0.4, 1), DENSE) == DENSE
    always = trial_config(Trial("learned", "always_kv", 0.4, 1), DENSE)
    assert always == replace(DENSE, kv_policy="always_kv")
    block = trial_config(Trial("learned", "block_input", 0.4, 1), DENSE)
    assert block == replace(DENSE, arbitrator_input="block")
    assert trial_config(Trial("learned", "board_costs", 0.4, 1), DENSE) == DENSE, (
        "it is the loss that differs"
    )


def test_shorter_windows_save_little() -> None:
    shares = []
    for target in TARGETS:
        config = trial_config(Trial("sliding_window", "", target, 1), DENSE)
        shares.append(sum(NetworkCosts.of(config).blocks) / sum(NetworkCosts.of(DENSE).blocks))
    assert shares == sorted(shares, reverse=True)
    assert shares[-1] > 0.9, "attention is a small part of the cost"

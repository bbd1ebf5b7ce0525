"""Costs counted from the configuration are those of the converted model; the compute fraction is their
ratio."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from skipstone.quantize.convert.network import convert
from skipstone.quantize.convert.random_checkpoint import random_checkpoint
from skipstone.quantize.evaluation.gates import compute_fraction
from skipstone.quantize.losses.cost import CostSchedule, cost_loss
from skipstone.quantize.models.config import ModelConfig
from skipstone.quantize.models.costs import NetworkCosts
from skipstone.quantize.tflite.metadata import read_skip_table
from skipstone.quantize.tflite.reader import read_model

KV_POLICIES = ("mask", "always_kv")
SIZES = {"d_model": 24, "layers": 2, "heads": 2, "head_dim": 8, "positions": 9, "ffn": 40}


@pytest.mark.parametrize("kv_policy", KV_POLICIES)
@pytest.mark.parametrize("arbitrator_input", ["front", "block"])
def test_macs_equal_the_skip_table(arbitrator_input: str, kv_policy: str) -> None:
    checkpoint = random_checkpoint(1, arbitrator_input=arbitrator_input, kv_policy=kv_policy, **SIZES)
    table = read_skip_table(read_model(convert(checkpoint)))
    costs = NetworkCosts.of(checkpoint.config)
    assert tuple(block.macs for block in table.blocks) == costs.blocks
    assert table.arbitrator_macs == costs.arbitrators
    assert (table.fixed_macs, table.fixed_block_macs) == (costs.fixed, costs.fixed_blocks)


def test_always_kv_moves_keys_and_values_out_of_the_blocks() -> None:
    mask, always = (
        NetworkCosts.of(ModelConfig(vocabulary=5, kv_policy=policy, **SIZES)) for policy in KV_POLICIES
    )
    key_and_value = 2 * SIZES["d_model"] * SIZES["heads"] * SIZES["head_dim"]
    assert mask.blocks[0] - always.blocks[0] == key_and_value
    assert mask.blocks[1] == always.blocks[1]
    assert always.fixed_blocks == always.fixed - mask.fixed == SIZES["layers"] * key_and_value
    gates = torch.zeros(1, 3, 2 * SIZES["layers"])
    everything = sum(mask.blocks) + mask.arbitrators
    fraction = float(always.compute_fraction(gates))
    assert fraction == pytest.approx((always.fixed_blocks + always.arbitrators) / everything)
    assert float(always.compute_fraction(gates + 1)) == pytest.approx(1.0)
    bits = np.zeros((3, 2 * SIZES["layers"]), np.bool_)
    table = read_skip_table(read_model(convert(random_checkpoint(1, kv_policy="always_kv", **SIZES))))
    assert compute_fraction(bits, table) == pytest.approx(fraction)


def test_a_window_of_one_step_has_no_keys_to_keep() -> None:
    costs = NetworkCosts.of(ModelConfig(vocabulary=5, positions=1, kv_policy="always_kv"))
    assert costs == NetworkCosts.of(ModelConfig(vocabulary=5, positions=1))


def test_compute_fraction_counts_arbitrators_on_both_sides() -> None:
    costs = NetworkCosts(blocks=(30, 50), arbitrators=20, fixed=1000)
    gates = torch.tensor([[[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]]])
    assert float(costs.compute_fraction(gates)) == pytest.approx((30 + 50 + 80 + 60) / (3 * 100))
    valid = torch.tensor([[True, False, False]])
    assert float(costs.compute_fraction(gates, valid)) == pytest.approx(50 / 100)
    assert float(costs.compute_fraction(torch.ones(1, 2, 2))) == pytest.approx(1.0)


def test_gradient_of_the_cost_reaches_the_gates() -> None:
    costs = NetworkCosts.of(ModelConfig(vocabulary=5, layers=1))
    gates = torch.ones(1, 4, 2, requires_grad=True)
    cost_loss(costs.compute_fraction(gates), weight=2.0, target=0.5).backward()
    assert gates.grad is not None
    assert (gates.grad > 0).all()


def test_cost_below_target_is_free_and_the_schedule_tightens() -> None:
    assert float(cost_loss(torch.tensor(0.4), 3.0, 0.5)) == 0.0
    schedule = CostSchedule(weight=4.0, target=0.4, start=1.0, ramp=0.5)
    assert schedule.at(0.0) == (0.0, 1.0)
    assert schedule.at(0.25) == pytest.approx((2.0, 0.7))
    assert schedule.at(0.9) == pytest.approx((4.0, 0.4))

"""Whole networks, placed on the NPU by vela, give the bytes of stock TFLM."""

from __future__ import annotations

import numpy as np
import pytest
from npu_comparison import largest_difference, outputs
from npu_networks import NETWORKS
from npu_vela import compiled
from skipstone.tools.virtual.npu.model import ACCELERATORS, run_compiled


@pytest.mark.parametrize("accelerator", ACCELERATORS)
@pytest.mark.parametrize("name", NETWORKS)
def test_network_gives_the_bytes_of_tflm(name: str, accelerator: str) -> None:
    pairs = outputs(NETWORKS[name](), accelerator, seed=1)
    assert largest_difference(pairs) == 0
    assert len(np.unique(pairs[0][1])) > 2  # a saturated network would prove nothing


def test_counts_of_ds_cnn() -> None:
    """Multiply-accumulates are those of the layers; the smaller array needs more cycles."""
    model = NETWORKS["ds_cnn"]()
    runs = {
        macs: run_compiled(compiled(model, name), [np.zeros((1, 49, 10, 1), np.int8)]).counts
        for name, macs in ACCELERATORS.items()
    }
    layers = 25 * 5 * 64 * (40 + 4 * (9 + 64)) + 64 * 12
    assert {counts.macs for counts in runs.values()} == {layers}
    cycles = [runs[macs].mac_cycles for macs in (32, 64, 128, 256)]
    assert cycles == sorted(cycles, reverse=True)
    assert all(counts.mac_cycles * macs >= layers for macs, counts in runs.items())

"""Streams without the waits that they need: the results are those of a run in order, the count says so."""

from __future__ import annotations

import numpy as np
import pytest
from npu_assembler import REGION, FeatureMap, Stream
from npu_networks import NETWORKS
from npu_vela import compiled
from skipstone.tools.virtual.npu.compiled import CompiledModel
from skipstone.tools.virtual.npu.model import ACCELERATORS, execute

DMA_WAIT, KERNEL_WAIT = 0x011, 0x012


def _unordered(job: CompiledModel, without: int | None) -> int:
    """Count of a job whose waits of one kind are replaced by waits for nothing."""
    words = np.frombuffer(job.commands, "<u4").copy()
    index = 0
    while index < len(words):
        word = int(words[index])
        if word & 0xFFFF == without:
            words[index] = word & 0xFFFF | 3 << 16
        index += 2 if word >> 14 & 3 else 1
    regions = {region: np.zeros(size, np.uint8) for region, size in job.scratch_sizes.items()}
    regions[job.constants_region] = np.frombuffer(job.constants, np.uint8)
    return execute(job.macs_per_cycle, words.tobytes(), regions).unordered


@pytest.mark.parametrize("accelerator", ACCELERATORS)
def test_missing_waits_are_counted(accelerator: str) -> None:
    job = compiled(NETWORKS["ds_cnn"](), accelerator)
    assert _unordered(job, None) == 0
    assert _unordered(job, DMA_WAIT) > 0
    assert _unordered(job, KERNEL_WAIT) > 0


@pytest.mark.parametrize(
    ("source", "target", "expected"),
    [(0x1000, 0x2000, 0), (0x1000, 0x10, 1), (0x1000, 0x800, 1), (0x800, 0x1000, 1), (0, 0x1000, 0)],
    ids=["elsewhere", "over its input", "over its output", "of its output", "of its input"],
)
def test_a_transfer_beside_an_operation(source: int, target: int, expected: int) -> None:
    """The operation reads 0x00 … 0x3F and writes 0x800 … 0x83F."""
    stream = Stream()
    stream.inputs(FeatureMap(0, (4, 4, 4)))
    stream.output(FeatureMap(0x800, (4, 4, 4)))
    for name in ("HEIGHT_M1", "WIDTH_M1", "STRIDE"):
        stream.set(f"KERNEL_{name}", 0)
    stream.operate("POOL", 0)
    stream.set("DMA0_SRC_REGION", REGION)
    stream.set("DMA0_DST_REGION", REGION)
    for name, value in (("SRC", source), ("DST", target), ("LEN", 16)):
        stream.set_wide(f"DMA0_{name}", value)
    stream.operate("DMA_START")
    counts = execute(128, stream.to_bytes(), {REGION: np.zeros(0x4000, np.uint8)})
    assert counts.unordered == expected

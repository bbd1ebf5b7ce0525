"""Models that are no gated Transformers: generated C with jobs of the NPU gives the bytes of TFLM."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import branch_models
import numpy as np
import pytest
from codegen_constructs import MODELS
from npu_host_program import build_npu_host_model
from npu_networks import ds_cnn, image_net
from skipstone.quantize.evaluation.tflm import TflmRunner

pytest.importorskip("ethosu.vela", reason="the extra npu is not installed")

NETWORKS: dict[str, tuple[Callable[[], bytes], str]] = {
    "ds_cnn": (ds_cnn, "ethos-u55-64"),
    "image_net": (image_net, "ethos-u55-128"),
}


@pytest.mark.parametrize("name", list(NETWORKS))
def test_convolutional_networks(tmp_path: Path, name: str) -> None:
    make, accelerator = NETWORKS[name]
    assert compare(make(), tmp_path, accelerator, steps=3) >= 1


@pytest.mark.parametrize("name", list(MODELS))
def test_every_construct_of_the_code_generator(tmp_path: Path, name: str) -> None:
    """States in order and in rings, parts, joins: what a job takes and gives lies in all kinds of places."""
    compare(MODELS[name](), tmp_path, "ethos-u55-128", steps=12)


@pytest.mark.parametrize("name", ["branch_computes", "branch_in_branch", "branch_in_a_loop"])
def test_jobs_in_branches(tmp_path: Path, name: str) -> None:
    """They start where their branch runs, on operands that lie where the branch finds them."""
    model = branch_models.MODELS[name](np.random.default_rng(3))
    assert compare(model, tmp_path, "ethos-u55-128", steps=20) >= 2


def compare(model: bytes, folder: Path, accelerator: str, steps: int) -> int:
    """Stream random features through both; returns the number of jobs."""
    host, generated = build_npu_host_model(model, folder, accelerator)
    tflm = TflmRunner(model)
    main = tflm.model.main
    shapes = [main.tensors[index].shape for index in main.inputs]
    random = np.random.default_rng(4)
    expected = []
    host.gate_source("all")
    for _ in range(steps):
        features = random.integers(-128, 128, shapes[0]).astype(np.int8)
        expected.append(tflm.step(features, *(np.full(shape, 127, np.int8) for shape in shapes[1:])))
        host.step(features.ravel())
    host.self_test()
    host.run()
    for got, outputs in zip(host.steps, expected, strict=True):
        assert np.array_equal(got.logits, np.asarray(outputs[0]).view(np.int8).ravel())
    assert generated.model.npu is not None
    return len(generated.model.npu.jobs)

"""Single-operator models, compiled by vela for every Ethos-U55, give the bytes of stock TFLM on the model.

Four models an operator here, one an accelerator; 24 with ``SKIPSTONE_CONFORMANCE=all``
(``make conformance``).
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import npu_models
import numpy as np
import operator_models
import pytest
from npu_comparison import DIFFERENCES, DIFFERENCES_OF_THE_OLDER_CORE, largest_difference, outputs
from npu_vela import LeftToTheCpuError, compiled
from skipstone.tools.virtual.npu.errors import NpuFaultError
from skipstone.tools.virtual.npu.model import ACCELERATORS

IS_WHOLE = os.environ.get("SKIPSTONE_CONFORMANCE") == "all"
SEEDS = range(24 if IS_WHOLE else 4)
MAKERS = operator_models.MODELS | npu_models.MODELS

EXECUTED = (
    *("fully_connected", "conv_2d", "depthwise_conv_2d", "add", "sub", "mul", "maximum", "minimum"),
    *("batch_matmul", "softmax", "logistic", "tanh", "relu", "relu6", "leaky_relu", "hard_swish"),
    *("average_pool_2d", "max_pool_2d", "quantize", "quantize_to_unsigned", "pad", "split_v", "pack"),
    *("transpose", "slice_inside", "concatenation", "reshape_transpose_slice_concatenate"),
    *("fully_connected_int16", "conv_2d_int16", "depthwise_conv_2d_int16", "add_int16", "sub_int16"),
    *("mul_int16", "maximum_int16", "minimum_int16", "softmax_int16", "relu_int16", "relu6_int16"),
    *("leaky_relu_int16", "average_pool_2d_int16", "max_pool_2d_int16", "pad_int16", "split_v_int16"),
    *("pack_int16", "transpose_int16", "slice_inside_int16", "concatenation_int16", "quantize_int16"),
    *("logistic_int16", "tanh_int16"),
    *("reshape_transpose_slice_concatenate_int16", "mixed_widths_int16"),
    *(name for name in npu_models.MODELS if name != "resize_bilinear"),
)
"""Every random model of these is placed on the NPU as a whole."""

OF_THE_OLDER_CORE = (
    *("fully_connected", "conv_2d", "add", "softmax", "logistic", "quantize"),
    *("average_pool_2d", "max_pool_2d", "fully_connected_int16", "conv_2d_int16", "softmax_int16"),
    *("average_pool_2d_int16", "add_int16", "deep_convolution", "large_kernel", "strided_convolution"),
    *("dilated_convolution", "wide_depthwise", "large_fully_connected", "abs", "prelu"),
)

PARTLY_PLACED = (
    "mean",
    "resize_bilinear",
    "split",
    "strided_slice",
    "mean_int16",
    "split_int16",
    "strided_slice_int16",
)
"""Vela leaves some shapes of these to the CPU; the others must be equal."""

LEFT_TO_THE_CPU = (
    *("gather", "svdf", "greater", "float_edges", "batch_matmul_int16", "float_edges_int16"),
    *("unidirectional_sequence_lstm", "unidirectional_sequence_lstm_int16", "gated_sum"),
)
ENDS_VELA = ("fully_connected_int4",)
"""The compiler's process dies."""

MISPLACED = ("unpack", "unpack_int16")
"""Vela 5.2 gives some of these a tensor that ends beyond the scratch memory it asks for."""


def _model(name: str, seed: int) -> tuple[bytes, str]:
    """A random model and the accelerator it is compiled for."""
    names = list(ACCELERATORS)
    return MAKERS[name](np.random.default_rng([seed, len(name), 11])), names[seed % len(names)]


@pytest.mark.parametrize("name", EXECUTED)
def test_operator_gives_the_bytes_of_tflm(name: str) -> None:
    allowed = DIFFERENCES.get(name, (0, ""))[0]
    for seed in SEEDS:
        model, accelerator = _model(name, seed)
        pairs = outputs(model, accelerator, seed)
        assert largest_difference(pairs) <= allowed, f"{name} seed {seed} on {accelerator}"


@pytest.mark.parametrize("name", OF_THE_OLDER_CORE)
def test_streams_of_the_older_core_give_the_bytes_of_tflm(name: str) -> None:
    """Other streams for the same operators: TFL rounding, zero points of 32-bit outputs, DMA of weights."""
    allowed = DIFFERENCES_OF_THE_OLDER_CORE.get(name, (0, ""))[0]
    for seed in SEEDS:
        model, accelerator = _model(name, seed)
        pairs = outputs(model, accelerator, seed, older_core=True)
        assert largest_difference(pairs) <= allowed, f"{name} seed {seed} on {accelerator}"


@pytest.mark.parametrize("name", PARTLY_PLACED)
def test_operator_gives_the_bytes_of_tflm_where_it_is_placed(name: str) -> None:
    placed = 0
    for seed in range(4 * len(SEEDS)):
        model, accelerator = _model(name, seed)
        try:
            pairs = outputs(model, accelerator, seed)
        except LeftToTheCpuError:
            continue
        placed += 1
        assert largest_difference(pairs) == 0, f"{name} seed {seed} on {accelerator}"
    assert placed > 0


@pytest.mark.parametrize("name", LEFT_TO_THE_CPU)
def test_what_vela_leaves_to_the_cpu(name: str) -> None:
    model, accelerator = _model(name, 0)
    with pytest.raises(LeftToTheCpuError):
        compiled(model, accelerator)


DIFFERENCE_SEEDS = 64
"""Models of an operator among which its difference must show."""


def test_documented_differences_occur() -> None:
    """A difference that no model shows any more must leave the list."""
    for name, (largest, _) in DIFFERENCES.items():
        seen = max(largest_difference(outputs(*_model(name, seed), seed)) for seed in range(DIFFERENCE_SEEDS))
        assert seen == largest, name


def test_cases_are_as_many_as_promised() -> None:
    assert len(EXECUTED) * len(SEEDS) >= (400 if IS_WHOLE else 40)


@pytest.mark.parametrize("name", MISPLACED)
def test_vela_places_a_tensor_beyond_its_scratch_memory(name: str) -> None:
    """The model refuses the access; every other shape is equal."""
    refused = 0
    for seed in range(24):
        model, accelerator = _model(name, seed)
        try:
            pairs = outputs(model, accelerator, seed)
        except NpuFaultError as error:
            assert error.fault == "bus"
            refused += 1
            continue
        assert largest_difference(pairs) == 0, f"{name} seed {seed} on {accelerator}"
    assert 0 < refused < 24


def test_vela_sums_one_of_two_axes() -> None:
    """Not a difference of the NPU: the stream reduces the first axis only."""
    make = npu_models.total_of_two_axes
    differences = [
        largest_difference(outputs(make(np.random.default_rng(seed)), "ethos-u55-128", seed))
        for seed in range(8)
    ]
    assert max(differences) > 1


@pytest.mark.parametrize("name", ENDS_VELA)
def test_vela_dies(name: str, tmp_path: Path) -> None:
    pytest.importorskip("ethosu.vela", reason="vela is not installed (extra npu)")
    source = tmp_path / "model.tflite"
    source.write_bytes(_model(name, 0)[0])
    command = [sys.executable, "-m", "ethosu.vela", str(source), "--output-dir", str(tmp_path)]
    result = subprocess.run(command, capture_output=True, check=False)
    assert result.returncode < 0

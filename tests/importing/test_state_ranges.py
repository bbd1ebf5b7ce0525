"""A state has one range wherever it appears; nothing else changes."""

from __future__ import annotations

import numpy as np
from skipstone.quantize.importing.state_ranges import tie_state_ranges
from skipstone.quantize.tflite.reader import read_model
from stateful_models import explicit_window, running_sum


def ranges_of(graph: object, **given: tuple[float, float]) -> dict[str, dict[str, np.ndarray]]:
    return {
        name: {"min": np.full((1, 1), low, np.float32), "max": np.full((1, 1), high, np.float32)}
        for name, (low, high) in given.items()
    }


def test_every_tensor_that_the_state_moves_through_gets_the_union() -> None:
    graph = read_model(explicit_window()).main
    names = {tensor.name: tensor.index for tensor in graph.tensors}
    given = ranges_of(
        graph, args_0=(-9, 9), args_1=(0.5, 1), row=(0.1, 3), window=(-2, 2), kept=(0.2, 1), result=(-7, 7)
    )
    tied = tie_state_ranges(graph, given, [(names["args_1"], names["kept"])])
    for name in ("args_1", "row", "window", "kept"):
        assert (tied[name]["min"].item(), tied[name]["max"].item()) == (-2, 3), name
        assert tied[name]["min"].shape == (1, 1) and tied[name]["min"].dtype == np.float32
    assert tied["result"] == given["result"], "a matrix ends the group"
    assert tied["args_0"] == given["args_0"], "QUANTIZE ends the group"
    assert given["window"]["max"].item() == 2, "the argument is left alone"


def test_zero_is_in_the_range_where_a_stream_starts() -> None:
    graph = read_model(running_sum()).main
    names = {tensor.name: tensor.index for tensor in graph.tensors}
    given = ranges_of(graph, args_0=(1, 2), args_1=(1, 5), after=(2, 8))
    tied = tie_state_ranges(graph, given, [(names["args_1"], names["after"])])
    assert (tied["args_1"]["min"].item(), tied["after"]["max"].item()) == (0, 8)
    assert tied["args_0"] == given["args_0"]


def test_a_state_that_was_not_calibrated_is_left_alone() -> None:
    graph = read_model(running_sum()).main
    assert tie_state_ranges(graph, {}, [(1, 2)]) == {}

"""Work of the kernels on int16 activations, as the few numbers that their loops count."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from types import MappingProxyType

from skipstone.tools.analyze.work_int8 import (
    Quantities,
    Scalars,
    batch_matmul,
    ceil,
    inner_products,
    mean,
    moved,
)

VECTOR = 8
"""int16 in a register of Helium."""


def _of(scalars: Scalars, prefix: str) -> dict[str, int]:
    return {key.removeprefix(prefix): value for key, value in scalars.items() if key.startswith(prefix)}


def _fully_connected(scalars: Scalars) -> Quantities:
    """Two rows at a time; a sum of 32 bits is rescaled in another way than one of 64."""
    outputs, pairs = scalars["output_size"], ceil(scalars["output_size"], 2)
    return {
        "outputs": outputs,
        "pairs": pairs,
        "narrow_outputs": outputs * (scalars["is_wide"] == 0),
        "macs": outputs * scalars["input_size"],
        **inner_products(pairs, scalars["input_size"], "pair"),
    }


def _inside(window: Scalars, axis: str) -> Counter[int]:
    """Taps inside the image along ``rows`` or ``columns``: how many positions have how many."""
    dilation = window[f"dilation_{axis}"]
    found: Counter[int] = Counter()
    for position in range(window[f"output_{axis}"]):
        start = position * window[f"stride_{axis}"] - window[f"padding_{axis}"]
        places = (start + tap * dilation for tap in range(window[f"kernel_{axis}"]))
        found[sum(0 <= place < window[f"image_{axis}"] for place in places)] += 1
    return found


def _windows(window: Scalars) -> list[tuple[int, int, int]]:
    """``(windows, rows, columns)``: as ``ss_taps_inside`` gives them, whole rows of the image as one."""
    found = []
    for rows, down in _inside(window, "rows").items():
        for columns, across in _inside(window, "columns").items():
            count = window["batches"] * down * across
            reach = columns * window["dilation_columns"]
            is_whole_row = reach == window["dilation_rows"] * window["image_columns"]
            if is_whole_row and columns == window["kernel_columns"] and rows > 0:
                found.append((count, 1, rows * columns))
            else:
                found.append((count, rows, columns))
    return found


def _conv_2d(scalars: Scalars) -> Quantities:
    """Inner products of two rows of weights with runs of neighbouring taps."""
    window, layer = _of(scalars, "window."), _of(scalars, "layer.")
    outputs, pairs = layer["output_size"], ceil(layer["output_size"], 2)
    total: Counter[str] = Counter()
    for windows, rows, columns in _windows(window):
        is_joined = window["dilation_columns"] == 1
        pieces = 1 if is_joined else columns
        length = (columns if is_joined else 1) * window["channels"]
        dots = windows * pairs * rows * pieces
        total.update(
            {"dot_rows": windows * pairs * rows, "dots": dots, **inner_products(dots, length, "dot")}
        )
    windows = window["batches"] * window["output_rows"] * window["output_columns"]
    narrow = windows * outputs * (layer["is_wide"] == 0)
    every = {"windows": windows, "pairs": windows * pairs, "outputs": windows * outputs}
    return {**every, "narrow_outputs": narrow, **total}


def _depthwise_conv_2d(scalars: Scalars) -> Quantities:
    """Portable: every tap of every output is tested. Fast: four or eight channels at a time, taps inside."""
    window, channels = _of(scalars, "window."), scalars["layer.output_size"]
    windows = window["batches"] * window["output_rows"] * window["output_columns"]
    taps = window["kernel_rows"] * window["kernel_columns"]
    every = {
        "windows": windows,
        "outputs": windows * channels,
        "tap_rows": windows * channels * window["kernel_rows"],
        "taps": windows * channels * taps,
    }
    groups = {"four": channels // 4, "one": channels % 4, "eight": ceil(channels, VECTOR)}
    total: Counter[str] = Counter()
    for count, rows, columns in _windows(window):
        total["taps_inside"] += count * channels * rows * columns
        for name, size in groups.items():
            total.update(
                {
                    f"{name}s": count * size,
                    f"{name}_rows": count * size * rows,
                    f"{name}_taps": count * size * rows * columns,
                }
            )
    return {**every, **total}


def _batch_matmul(scalars: Scalars) -> Quantities:
    """The right side is read along its depth, or across it."""
    every, depth = batch_matmul(scalars), scalars["depth"]
    way = "along" if scalars["rhs_depth_stride"] == 1 else "across"
    return {
        **{name: every[name] for name in ("batches", "rows", "outputs", "macs")},
        f"{way}_outputs": every["outputs"],
        f"{way}_pairs": every["outputs"] * (depth // 2),
        f"{way}_odd": every["outputs"] * (depth % 2),
        f"{way}_vectors": every["outputs"] * ceil(depth, VECTOR),
    }


def _pool(scalars: Scalars) -> Quantities:
    """Channel by channel over the taps inside the image."""
    window = _of(scalars, "window.")
    total: Counter[str] = Counter()
    for rows, down in _inside(window, "rows").items():
        for columns, across in _inside(window, "columns").items():
            outputs = window["batches"] * down * across * window["channels"]
            total.update({"rows": outputs * rows, "elements": outputs * rows * columns, "outputs": outputs})
    windows = window["batches"] * window["output_rows"] * window["output_columns"]
    return {"windows": windows, **total}


def _lstm(scalars: Scalars) -> Quantities:
    """Two gates of a unit at a time, each with two inner products and two rescalings."""
    layer = _of(scalars, "layer.")
    steps = layer["batches"] * layer["steps"]
    units = steps * layer["units"]
    return {
        "steps": steps,
        "units": units,
        **inner_products(2 * units, layer["input_size"], "input"),
        **inner_products(2 * units, layer["units"], "hidden"),
        **moved(steps, 2 * layer["units"]),
    }


def _softmax(scalars: Scalars) -> Quantities:
    return {"rows": scalars["rows"], "elements": scalars["rows"] * scalars["size"]}


def _elements(scalars: Scalars) -> Quantities:
    return {"elements": scalars["size"], "vectors": ceil(scalars["size"], VECTOR // 2)}


COUNTS: Mapping[str, Callable[[Scalars], Quantities]] = MappingProxyType(
    {
        "fully_connected_s16": _fully_connected,
        "conv_2d_s16": _conv_2d,
        "depthwise_conv_2d_s16": _depthwise_conv_2d,
        "batch_matmul_s16": _batch_matmul,
        "average_pool_s16": _pool,
        "max_pool_s16": _pool,
        "mean_s16": mean,
        "lstm_s16": _lstm,
        "softmax_s16": _softmax,
        **dict.fromkeys(
            (
                *("add_s16", "sub_s16", "mul_s16", "maximum_s16", "minimum_s16", "clamp_s16", "fill_s16"),
                *("requantize_s16", "requantize_s8_s16", "requantize_s16_s8"),
                *("leaky_relu_s16", "logistic_s16", "tanh_s16"),
            ),
            _elements,
        ),
    }
)
"""Quantities by family of kernels."""

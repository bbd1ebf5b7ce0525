"""Work of the kernels on int8 activations, as the few numbers that their loops count."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

Quantities = dict[str, int]
Scalars = Mapping[str, int]

ROWS, TILE = 4, 16


def ceil(value: int, unit: int) -> int:
    """Units that hold ``value``."""
    return -(-value // unit)


def _layer(scalars: Scalars, prefix: str = "") -> Quantities:
    """One vector times a matrix: groups of four rows, tiles of 16 columns, units of four left over."""
    outputs, inputs = scalars[f"{prefix}output_size"], scalars[f"{prefix}input_size"]
    groups, left = ceil(outputs, ROWS), inputs % TILE
    return {
        "outputs": outputs,
        "groups": groups,
        "tiles": groups * (inputs // TILE),
        "tail_units": groups * ceil(left, 4),
        "tails": groups * (left > 0),
        "partial_groups": int(outputs % ROWS > 0),
        "input_words": ceil(inputs, 4),
        "macs": outputs * inputs,
    }


def _layer_and_sum(scalars: Scalars) -> Quantities:
    """A layer; rows of a last group that is not whole are copied out and back."""
    left = scalars["layer.output_size"] % ROWS
    return {
        **_layer(scalars, "layer."),
        "left_rows": left,
        "no_whole_group": int(scalars["layer.output_size"] < ROWS),
    }


def _rows(scalars: Scalars, prefix: str = "") -> Quantities:
    """One depthwise window over rows: channels in vectors of four and 16, once a tap."""
    taps, channels = scalars[f"{prefix}taps"], scalars[f"{prefix}channels"]
    return {
        "channels": channels,
        "channel_words": ceil(channels, 4),
        "channel_tails": channels % 4,
        "has_channel_tail": int(channels % 4 > 0),
        "channel_tile_tails": int(channels % TILE > 0),
        "taps": taps,
        "word_taps": taps * ceil(channels, 4),
        "tile_taps": taps * ceil(channels, TILE),
        "macs": taps * channels,
    }


def _windows(scalars: Scalars) -> Quantities:
    """The loop around a window's kernel and the gathering of windows that are not in one piece."""
    s = {key.removeprefix("window."): value for key, value in scalars.items() if key.startswith("window.")}
    windows = s["batches"] * s["output_rows"] * s["output_columns"]
    taps = s["kernel_rows"] * s["kernel_columns"]
    gathered = windows * (s["column_bytes"] > 0)
    return {
        "windows": windows,
        "window_rows": s["batches"] * s["output_rows"],
        "gathered": gathered,
        "gathered_rows": gathered * s["kernel_rows"],
        "gathered_taps": gathered * taps,
        "gathered_bytes": gathered * taps * s["channels"],
        "repeated_bytes": gathered * taps * s["channels"] * s["repeat"] * (s["repeat"] > 1),
    }


def _conv_2d(scalars: Scalars) -> Quantities:
    loop = _windows(scalars)
    inside = _layer(scalars, "layer.")
    return {**loop, **{name: loop["windows"] * value for name, value in inside.items()}}


def _depthwise_conv_2d(scalars: Scalars) -> Quantities:
    loop = _windows(scalars)
    inside = _rows(scalars, "layer.")
    return {**loop, **{name: loop["windows"] * value for name, value in inside.items()}}


def _pool(scalars: Scalars) -> Quantities:
    windows = scalars["window.batches"] * scalars["window.output_rows"] * scalars["window.output_columns"]
    rows, columns = scalars["window.kernel_rows"], scalars["window.kernel_columns"]
    channels = scalars["window.channels"]
    return {
        "windows": windows,
        "outputs": windows * channels,
        "row_elements": windows * channels * rows,
        "elements": windows * channels * rows * columns,
        "vectors": windows * ceil(channels, 4),
        "vector_rows": windows * ceil(channels, 4) * rows,
        "vector_elements": windows * ceil(channels, 4) * rows * columns,
        "tiles": windows * ceil(channels, TILE),
        "tile_elements": windows * ceil(channels, TILE) * rows * columns,
        "fours": windows * (channels // 4),
        "four_elements": windows * (channels // 4) * rows * columns,
        "left_channels": windows * (channels % 4),
        "left_elements": windows * (channels % 4) * rows * columns,
    }


def _elements(scalars: Scalars) -> Quantities:
    size = scalars["size"]
    return {
        "elements": size,
        "words": ceil(size, 4),
        "vectors": ceil(size, 8),
        "tiles": ceil(size, TILE),
        "left_of_vector": size % 8,
        "is_left_of_vector": int(size % 8 > 0),
        "left_vectors_of_four": ceil(size % 8, 4),
        **moved(1, size),
    }


def moved(times: int, size: int) -> Quantities:
    """What memmove and memcpy of newlib do: 16 bytes, then words, then bytes; single bytes below 16."""
    if size < TILE:
        return {"short_moves": times, "short_move_bytes": times * size}
    return {
        "moves": times,
        "move_tiles": times * (size // TILE),
        "move_words": times * (size % TILE // 4),
        "move_bytes": times * (size % 4),
    }


def _softmax(scalars: Scalars) -> Quantities:
    rows, size = scalars["rows"], scalars["size"]
    return {"rows": rows, "elements": rows * size, "words": rows * ceil(size, 4)}


def _attention(scalars: Scalars) -> Quantities:
    heads, depth, positions = scalars["heads"], scalars["head_dim"], scalars["positions"]
    fours = heads * ceil(positions, 4)
    return {
        "heads": heads,
        "scores": heads * positions,
        "score_words": fours,
        "score_tiles": fours * (depth // TILE),
        "score_tails": fours * (depth % TILE > 0),
        "head_words": heads * ceil(depth, 4),
        "products": heads * positions * ceil(depth, 4),
        "macs": 2 * heads * depth * positions,
    }


def mean(scalars: Scalars) -> Quantities:
    """Outputs one by one (portable), a run of neighbours each, or four neighbouring outputs at once."""
    kept0, kept1, kept2 = (scalars[f"kept{index}_count"] for index in range(3))
    reduced0, reduced1 = (scalars[f"reduced{index}_count"] for index in range(2))
    outputs = kept0 * kept1 * kept2
    every = {
        "kept_rows": kept0 * kept1,
        "outputs": outputs,
        "reduced_rows": outputs * reduced0,
        "elements": outputs * reduced0 * reduced1,
    }
    if scalars["reduced1_stride"] == 1:
        runs = outputs * reduced0
        return every | {
            "runs": runs,
            "run_words": runs * (reduced1 // 4),
            "run_blocks": runs * (reduced1 // TILE),
            "run_left": runs * (reduced1 % 4),
            "run_tiles": runs * (reduced1 // TILE),
            "run_tails": runs * (reduced1 % TILE > 0),
        }
    fours, vectors = kept0 * kept1 * (kept2 // 4), kept0 * kept1 * ceil(kept2, 4)
    left = kept0 * kept1 * (kept2 % 4)
    return every | {
        "fours": fours,
        "four_rows": fours * reduced0,
        "four_elements": fours * reduced0 * reduced1,
        "vectors": vectors,
        "vector_rows": vectors * reduced0,
        "vector_elements": vectors * reduced0 * reduced1,
        "left_outputs": left,
        "left_rows": left * reduced0,
        "left_elements": left * reduced0 * reduced1,
    }


def _copy_strided(scalars: Scalars) -> Quantities:
    quantities, loops = {}, 1
    for index in range(4):
        loops *= scalars[f"count{index}"]
        quantities[f"loops{index}"] = loops
    return {**quantities, "bytes": loops * scalars["run"], **moved(loops, scalars["run"])}


def batch_matmul(scalars: Scalars) -> Quantities:
    """Inner products of rows and columns."""
    rows = scalars["batches"] * scalars["rows"]
    outputs = rows * scalars["columns"]
    depth = scalars["depth"]
    return {
        "batches": scalars["batches"],
        "rows": rows,
        "row_words": rows * ceil(depth, 4),
        "outputs": outputs,
        "output_fours": rows * ceil(scalars["columns"], 4),
        "tiles": outputs * (depth // TILE),
        "words": outputs * ceil(depth, 4),
        "tails": outputs * (depth % TILE > 0),
        "macs": outputs * depth,
    }


def _embedding(scalars: Scalars) -> Quantities:
    return {"tokens": scalars["token_count"], "bytes": scalars["token_count"] * scalars["width"]}


def _svdf(scalars: Scalars) -> Quantities:
    """A projection, a row that moves up and a sum over time a filter; units are rescaled."""
    units = scalars["batches"] * scalars["units"]
    filters, inputs, memory = units * scalars["rank"], scalars["input_size"], scalars["memory"]
    return {
        "units": units,
        "filters": filters,
        **inner_products(filters, inputs, "feature"),
        **inner_products(filters, memory, "time"),
        "moved": filters * (memory - 1),
    }


def _lstm(scalars: Scalars) -> Quantities:
    """Four gates a unit, each with two inner products and two rescalings."""
    units = scalars["batches"] * scalars["steps"] * scalars["units"]
    return {
        "steps": scalars["batches"] * scalars["steps"],
        "units": units,
        **inner_products(4 * units, scalars["input_size"], "input"),
        **inner_products(4 * units, scalars["units"], "hidden"),
    }


def inner_products(count: int, length: int, name: str) -> Quantities:
    """``ss_dot.h`` and its forms for DSP and MVE."""
    return {
        f"{name}_pairs": count * (length // 2),
        f"{name}_words": count * (length // 4),
        f"{name}_tiles": count * (length // TILE),
        f"{name}_halves": count * (length // 8),
        f"{name}_left": count * (length % 4),
        f"{name}_is_left": count * (length % 4 > 0),
        f"{name}_tails": count * (length % TILE > 0),
        f"{name}_half_tails": count * (length % 8 > 0),
        f"{name}_odd": count * (length % 2),
        f"{name}_macs": count * length,
    }


COUNTS: Mapping[str, Callable[[Scalars], Quantities]] = MappingProxyType(
    {
        "fully_connected_s8": _layer,
        "fully_connected_s4": _layer,
        "fully_connected_add_s8": _layer_and_sum,
        "depthwise_ring_s8": _rows,
        "conv_2d_s8": _conv_2d,
        "depthwise_conv_2d_s8": _depthwise_conv_2d,
        "average_pool_s8": _pool,
        "max_pool_s8": _pool,
        "mean_s8": mean,
        "softmax_s8": _softmax,
        "attention_s8": _attention,
        "batch_matmul_s8": batch_matmul,
        "embedding_s8": _embedding,
        "svdf_s8": _svdf,
        "svdf_s8_s16": _svdf,
        "lstm_s8": _lstm,
        "copy_strided_s8": _copy_strided,
        **dict.fromkeys(
            ("add_s8", "sub_s8", "mul_s8", "maximum_s8", "minimum_s8", "table_s8", "shift_s8"), _elements
        ),
        **dict.fromkeys(("compare_s8", "logical_s8"), _elements),
    }
)
"""Quantities by family of kernels."""

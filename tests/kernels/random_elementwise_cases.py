"""Random cases of element-wise kernels and tables, with their expected outputs."""

from __future__ import annotations

import numpy as np
from case_program import KernelCase
from numpy.typing import NDArray
from random_cases import Rng, int8, zero_point
from skipstone.firmware.codegen.operations import Requantization
from skipstone.firmware.codegen.packing import KernelVariant, PackedOperator
from skipstone.firmware.codegen.packing.comparison import pack_compare, pack_logical
from skipstone.firmware.codegen.packing.elementwise import pack_extremum, pack_mul, pack_sub
from skipstone.firmware.codegen.packing.table import pack_table
from skipstone.quantize.arithmetic.addition import add_parameters
from skipstone.quantize.arithmetic.comparison import rescale_for_comparison
from skipstone.quantize.arithmetic.fixed_point import (
    multiply_by_quantized_multiplier,
    quantize_multiplier,
    requantize,
)

COMPARISONS = {
    "EQUAL": np.equal,
    "NOT_EQUAL": np.not_equal,
    "GREATER": np.greater,
    "GREATER_EQUAL": np.greater_equal,
    "LESS": np.less,
    "LESS_EQUAL": np.less_equal,
}
LOGIC = {
    "LOGICAL_AND": np.logical_and,
    "LOGICAL_OR": np.logical_or,
    "EQUAL": np.equal,
    "NOT_EQUAL": np.not_equal,
}

Packed = tuple[PackedOperator, NDArray[np.int64]]
BINARY = ("sub", "mul", "maximum", "minimum", "compare", "logical")


def limits(rng: Rng) -> tuple[int, int]:
    """A clamp, most often that of int8."""
    return (-128, 127) if rng.random() < 0.7 else (-100, 90)


def binary_case(
    rng: Rng, operator: str, size: int, variant: KernelVariant, in_place: int | None = None
) -> KernelCase:
    """One of :data:`BINARY` on two vectors."""
    a, b = int8(rng, size), int8(rng, size)
    make = {"sub": _sub, "mul": _mul, "compare": _compare, "logical": _logical}.get(operator, _extremum)
    if operator == "logical":
        a, b = a & 1, b & 1
    operator_call, expected = make(rng, operator, a, b, variant)
    label = f"{operator_call.kernel} {size}"
    return KernelCase(label, operator_call, [a, b], expected.astype(np.int8), in_place=in_place)


def _sub(
    rng: Rng, _operator: str, a: NDArray[np.int8], b: NDArray[np.int8], variant: KernelVariant
) -> Packed:
    scales = [float(rng.uniform(0.01, 0.2)) for _ in range(2)]
    if rng.random() < 0.25:
        scales[1] = scales[0]
    output = (float(rng.uniform(0.5, 2)) * max(scales), zero_point(rng))
    p = add_parameters((scales[0], zero_point(rng)), (scales[1], zero_point(rng)), output)
    clamp = limits(rng)
    lifted = (a.astype(np.int64) - p.a_zero_point) << 20, (b.astype(np.int64) - p.b_zero_point) << 20
    left = multiply_by_quantized_multiplier(lifted[0], p.a_multiplier, p.a_shift)
    right = multiply_by_quantized_multiplier(lifted[1], p.b_multiplier, p.b_shift)
    scaled = p.output_multiplier, p.output_shift, p.output_zero_point
    return pack_sub(a.size, p, clamp, variant), requantize(left - right, *scaled, *clamp)


def _mul(
    rng: Rng, _operator: str, a: NDArray[np.int8], b: NDArray[np.int8], variant: KernelVariant
) -> Packed:
    points = zero_point(rng), zero_point(rng)
    factor = float(rng.choice([0.002, 0.02, 0.3, 0.7, 1.5]) * rng.uniform(0.5, 1))
    multiplier, shift = quantize_multiplier(factor)
    output = Requantization(np.array([multiplier]), np.array([shift]), zero_point(rng))
    clamp = limits(rng)
    product = (a.astype(np.int64) - points[0]) * (b.astype(np.int64) - points[1])
    expected = requantize(product, multiplier, shift, output.zero_point, *clamp)
    return pack_mul(a.size, points, output, clamp, variant), expected


def _extremum(
    _rng: Rng, operator: str, a: NDArray[np.int8], b: NDArray[np.int8], variant: KernelVariant
) -> Packed:
    is_maximum = operator == "maximum"
    expected = np.maximum(a, b) if is_maximum else np.minimum(a, b)
    return pack_extremum(a.size, is_maximum, variant), expected


def _compare(
    rng: Rng, _operator: str, a: NDArray[np.int8], b: NDArray[np.int8], variant: KernelVariant
) -> Packed:
    name = str(rng.choice(list(COMPARISONS)))
    scale = float(rng.uniform(0.0005, 0.99))
    other = scale if rng.random() < 0.5 else float(rng.uniform(0.0005, 0.99))
    left, right = (scale, zero_point(rng)), (other, zero_point(rng))
    values = (rescale_for_comparison(x.astype(np.int64), *q) for x, q in ((a, left), (b, right)))
    return pack_compare(a.size, name, left, right, variant), COMPARISONS[name](*values)


def _logical(
    rng: Rng, _operator: str, a: NDArray[np.int8], b: NDArray[np.int8], variant: KernelVariant
) -> Packed:
    name = str(rng.choice(list(LOGIC)))
    return pack_logical(a.size, name, variant), LOGIC[name](a, b)


def table_case(rng: Rng, size: int, variant: KernelVariant, in_place: int | None = None) -> KernelCase:
    """Look-ups in a random table."""
    x, table = int8(rng, size), rng.integers(-128, 128, 256).astype(np.int8)
    operator = pack_table(size, table, variant)
    expected = table[x.view(np.uint8)]
    return KernelCase(f"{operator.kernel} {size}", operator, [x], expected, in_place=in_place)

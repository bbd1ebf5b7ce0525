"""Fast int16 kernels are chosen only where they are exact, and the largest window does not overflow."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from case_program import M4, M55, Target, check
from random_int16_cases import int16_case
from skipstone.firmware.codegen.operations import Requantization
from skipstone.firmware.codegen.packing import KernelVariant, PackedOperator
from skipstone.firmware.codegen.packing.batch_matmul import BatchMatmulShape
from skipstone.firmware.codegen.packing.convolution import Geometry
from skipstone.firmware.codegen.packing.elementwise_int16 import pack_mul_int16
from skipstone.firmware.codegen.packing.layers_int16 import (
    pack_batch_matmul_int16,
    pack_depthwise_int16,
    widened,
)
from skipstone.quantize.arithmetic.fixed_point import multiply_wide, quantize_multipliers

ONE = (1, 1)
LARGEST_WINDOW = 511


def _depthwise(taps: int, channels: int, repeat: int, variant: KernelVariant) -> PackedOperator:
    geometry = Geometry(1, (taps, 1), channels, (taps, 1), ONE, ONE, (0, 0), ONE)
    outputs = channels * repeat
    output = widened(Requantization(*quantize_multipliers(np.full(outputs, 2.0**-15)), 0, -32768, 32767))
    weights = np.full((taps, outputs), -128, np.int8)
    return pack_depthwise_int16(weights, np.zeros(outputs, np.int64), output, geometry, variant)


@pytest.mark.parametrize(
    ("taps", "repeat", "is_fast"), [(1, 1, True), (511, 1, True), (512, 1, False), (3, 2, False)]
)
@pytest.mark.parametrize("variant", [KernelVariant.DSP, KernelVariant.MVE])
def test_depthwise_sums_in_32_bits_where_they_hold(
    taps: int, repeat: int, is_fast: bool, variant: KernelVariant
) -> None:
    kernel = _depthwise(taps, 3, repeat, variant).kernel
    assert kernel == f"ss_depthwise_conv_2d_s16_{variant if is_fast else 'ref'}"


@pytest.mark.parametrize(("target", "variant"), [(M4, KernelVariant.DSP), (M55, KernelVariant.MVE)])
@pytest.mark.parametrize("value", [-32768, 32767])
def test_the_largest_window_at_the_ends_of_the_range(
    target: Target, variant: KernelVariant, value: int, tmp_path: Path
) -> None:
    if not target.is_available:
        pytest.fail(f"{target.name}: compiler or emulator is not installed; run make setup")
    channels = 5
    image = np.full((LARGEST_WINDOW, channels), value, np.int16)
    multiplier, shift = quantize_multipliers(np.array([2.0**-15]))
    total = multiply_wide(np.int64(-128 * value * LARGEST_WINDOW), multiplier[0], shift[0])
    expected = np.full(channels, total).clip(-32768, 32767)
    operator = _depthwise(LARGEST_WINDOW, channels, 1, variant)
    assert check([int16_case("largest window", operator, [image], expected)], target, tmp_path) == []


@pytest.mark.parametrize(
    ("variant", "lhs_depth", "rhs_depth", "expected"),
    [
        ("dsp", 1, 9000, "dsp"),
        ("dsp", 2, 1, "ref"),
        ("mve", 1, 8192, "mve"),
        ("mve", 1, 8193, "ref"),
        ("ref", 1, 1, "ref"),
    ],
)
def test_batch_matmul_reads_contiguous_rows(
    variant: str, lhs_depth: int, rhs_depth: int, expected: str
) -> None:
    shape = BatchMatmulShape(1, 1, 4, 1, (0, 0, lhs_depth), (0, rhs_depth, 1))
    output = widened(Requantization(np.array([1 << 30]), np.array([-8]), 0))
    kernel = pack_batch_matmul_int16(shape, output, KernelVariant(variant)).kernel
    assert kernel == f"ss_batch_matmul_s16_{expected}"


@pytest.mark.parametrize(
    ("variant", "shift", "expected"), [("mve", 0, "mve"), ("mve", 1, "ref"), ("dsp", -3, "ref")]
)
def test_mul_of_helium_has_no_left_shift(variant: str, shift: int, expected: str) -> None:
    packed = pack_mul_int16(4, (1 << 30, shift), (-32768, 32767), KernelVariant(variant))
    assert packed.kernel == f"ss_mul_s16_{expected}"

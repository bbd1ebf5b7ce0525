"""``frontend_tables.c``: the tables of the front end in the layouts of its three C variants.

All variants compute the same integers. ``ref`` reads the tables as NumPy does; ``dsp`` and ``mve`` read the
same values in the order of their loops, twiddles doubled to Q31. The Q31 value of 1 is the largest int32: a
rotation by it is still exact, because the product is off by less than half a unit and the one rounding
restores it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Literal

import numpy as np
import numpy.typing as npt
from skipstone.quantize.features.settings import FeatureError, FeatureSettings
from skipstone.quantize.features.tables import (
    DEFAULT_SETTINGS,
    WEIGHT_BITS,
    FrontEndTables,
    front_end_tables,
)

FrontEndVariant = Literal["ref", "dsp", "mve"]
Arrays = dict[str, npt.NDArray[np.integer]]

C_FRAMES_PER_STEP = 4
_QUARTERS = (4, 16, 64)
"""Quarter lengths of the radix-4 stages that rotate; the first stage has no rotations."""
_VECTOR = 2
"""Complex values in a vector of Armv8.1-M MVE."""


def c_tables(settings: FeatureSettings = DEFAULT_SETTINGS, variant: FrontEndVariant = "ref") -> Arrays:
    """Return the arrays that ``ss_log_mel_tables.h`` declares for ``variant``, by their C names.

    Raises:
        FeatureError: the mel range is so narrow that a filter would be empty.
    """
    tables = front_end_tables(settings)
    return {
        **_LAYOUTS[variant](tables),
        "ss_log_mel_first_bin": tables.mel_first_bin,
        "ss_log_mel_log2": tables.log2,
        "ss_log_mel_reference_log2": np.array(settings.reference_log2 + WEIGHT_BITS, dtype=np.int32),
    }


def _ref(tables: FrontEndTables) -> Arrays:
    return {
        "ss_log_mel_window": tables.window,
        "ss_log_mel_digit_reversal": tables.digit_reversal,
        "ss_log_mel_fft_twiddle": tables.fft_twiddle,
        "ss_log_mel_split_twiddle": tables.split_twiddle,
        "ss_log_mel_weight": tables.mel_weight,
    }


def _dsp(tables: FrontEndTables) -> Arrays:
    """Streams read once from front to back; see ``ss_fft512_dsp.c``."""
    return {
        "ss_log_mel_dsp_first_stage": _first_stage_stream(tables),
        "ss_log_mel_dsp_rotations": np.concatenate([_dsp_stage(tables, quarter) for quarter in _QUARTERS]),
        "ss_log_mel_dsp_split": _with_negated_sine(_q31(_split_twiddles(tables))).ravel(),
        "ss_log_mel_weight": tables.mel_weight,
    }


def _mve(tables: FrontEndTables) -> Arrays:
    """Vectors of two complex values, or of two bins; see ``ss_fft512_mve.c`` and ``ss_mel_mve.c``."""
    weight = tables.mel_weight.astype(np.uint32)
    return {
        "ss_log_mel_window": tables.window,
        "ss_log_mel_digit_reversal": tables.digit_reversal,
        "ss_log_mel_mve_rotations": np.concatenate([_mve_stage(tables, quarter) for quarter in _QUARTERS]),
        "ss_log_mel_mve_split": _q31(_split_twiddles(tables)).ravel(),
        "ss_log_mel_mve_weight": np.stack([weight, weight << 16], axis=1).ravel(),
    }


_LAYOUTS: Mapping[str, Callable[[FrontEndTables], Arrays]] = MappingProxyType(
    {"ref": _ref, "dsp": _dsp, "mve": _mve}
)


def _q31(twiddles: npt.NDArray[np.int32]) -> npt.NDArray[np.int32]:
    """Q30 twiddles, int32 ``[..., 2]``, in Q31; 1 becomes the largest int32."""
    return np.minimum(2 * twiddles.astype(np.int64), 2**31 - 1).astype(np.int32)


def _with_negated_sine(twiddles: npt.NDArray[np.int32]) -> npt.NDArray[np.int32]:
    """(cos, sin) to (cos, sin, −sin), int32 ``[n, 3]``."""
    negated = np.minimum(-twiddles[:, 1:].astype(np.int64), 2**31 - 1).astype(np.int32)
    return np.concatenate([twiddles, negated], axis=1)


def _split_twiddles(tables: FrontEndTables) -> npt.NDArray[np.int32]:
    """Twiddles of the split for k = 1 … 128 (the last is −j), Q30."""
    return np.concatenate([tables.split_twiddle[1:], np.array([[0, -(1 << 30)]], np.int32)])


def _first_stage_stream(tables: FrontEndTables) -> npt.NDArray[np.int32]:
    """For n = 0 … 63: the byte offset of the butterfly's results, then the windows of its points in Q24."""
    points = tables.digit_reversal.size
    window = tables.window.astype(np.int32).reshape(-1, 2) << 8
    words: list[npt.NDArray[np.int32]] = []
    for n in range(points // 4):
        words += [np.array([8 * int(tables.digit_reversal[n])], np.int32), window[n :: points // 4].ravel()]
    return np.concatenate(words)


def _stage_twiddles(tables: FrontEndTables, quarter: int) -> npt.NDArray[np.int32]:
    """Twiddles of the second, third and fourth point of every butterfly, Q31, ``[quarter, 3, 2]``."""
    stride = tables.digit_reversal.size // (4 * quarter)
    exponents = np.arange(quarter)[:, None] * stride * np.array([1, 2, 3])
    return _q31(tables.fft_twiddle[exponents])


def _dsp_stage(tables: FrontEndTables, quarter: int) -> npt.NDArray[np.int32]:
    """For every butterfly but the first: three times (cos, sin, −sin), then 1 unless it is the last."""
    rotations = _with_negated_sine(_stage_twiddles(tables, quarter)[1:].reshape(-1, 2)).reshape(-1, 9)
    more = np.ones((quarter - 1, 1), np.int32)
    more[-1] = 0
    return np.concatenate([rotations, more], axis=1).ravel()


def _mve_stage(tables: FrontEndTables, quarter: int) -> npt.NDArray[np.int32]:
    """For every two butterflies: the vectors of the second, third and fourth points."""
    twiddles = _stage_twiddles(tables, quarter).reshape(-1, _VECTOR, 3, 2)
    return np.ascontiguousarray(twiddles.transpose(0, 2, 1, 3)).ravel()


def emit_c_tables(settings: FeatureSettings = DEFAULT_SETTINGS, variant: FrontEndVariant = "ref") -> str:
    """Return the text of ``frontend_tables.c``: same settings and variant, same bytes.

    Raises:
        FeatureError: ``frames_per_step`` is not the 4 that ``ss_log_mel_step`` has, or a filter is empty.
    """
    if settings.frames_per_step != C_FRAMES_PER_STEP:
        raise FeatureError(
            f"features: the C front end makes {C_FRAMES_PER_STEP} frames a step, the model wants "
            f"{settings.frames_per_step}",
            f"train the model with frames_per_step = {C_FRAMES_PER_STEP}",
        )
    definitions = [_c_definition(name, values) for name, values in c_tables(settings, variant).items()]
    opening = (
        "/* Generated by skipstone from the FEATURES settings of the model; do not edit. */\n"
        f"/* mel range {settings.low_hz:g} .. {settings.high_hz:g} Hz, "
        f"feature 0 at log2 energy {settings.reference_log2}; for the {variant} front end */\n"
        '#include "ss_log_mel_tables.h"\n'
    )
    return "\n".join([opening, *definitions])


def _c_definition(name: str, values: npt.NDArray[np.integer]) -> str:
    c_type = "ss_complex32" if values.ndim == 2 else f"{values.dtype.name}_t"
    if values.ndim == 0:
        return f"const {c_type} {name} = {values};\n"
    suffix = "u" if values.dtype == np.uint32 else ""
    items = [
        f"{{{value[0]}, {value[1]}}}" if values.ndim == 2 else _c_integer(int(value)) + suffix
        for value in values
    ]
    per_line = 4 if values.ndim == 2 else 8 if values.dtype.itemsize == 4 else 12
    lines = [", ".join(items[i : i + per_line]) for i in range(0, len(items), per_line)]
    return f"const {c_type} {name}[{len(items)}] = {{\n    " + ",\n    ".join(lines) + ",\n};\n"


def _c_integer(value: int) -> str:
    """A C constant; the smallest int32 has none of its own type."""
    return "INT32_MIN" if value == -(1 << 31) else str(value)

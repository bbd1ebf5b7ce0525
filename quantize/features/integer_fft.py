"""A 512-point real FFT in integers: a 256-point complex radix-4 FFT of packed samples, then the split.

The bit widths and the proof that nothing overflows 32 bits are in ``docs/explanation/features.md``.
All arrays have the transform along axis 0 and independent frames along axis 1; values are int32 in C and
are carried in int64 here.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from skipstone.quantize.features.tables import TWIDDLE_BITS, FrontEndTables

Int64 = npt.NDArray[np.int64]

_HALF = np.int64(1 << (TWIDDLE_BITS - 1))


def _rotate(re: Int64, im: Int64, twiddle: Int64) -> tuple[Int64, Int64]:
    """Multiply by Q30 twiddles, 64-bit products, one rounding (half up) per component."""
    cos, sin = twiddle[..., 0, None], twiddle[..., 1, None]
    real = re * cos
    real -= im * sin
    real += _HALF
    real >>= TWIDDLE_BITS
    imag = re * sin
    imag += im * cos
    imag += _HALF
    imag >>= TWIDDLE_BITS
    return real, imag


def complex_fft(re: Int64, im: Int64, tables: FrontEndTables) -> None:
    """Transform in place, without scaling.

    Args:
        re: real parts, int64 ``[256, frames]``, already in digit-reversed order.
        im: imaginary parts, likewise. On return both are in natural order.
        tables: the tables of the front end.
    """
    points, frames = re.shape
    twiddles = tables.fft_twiddle.astype(np.int64)
    quarter = 1
    while quarter < points:
        r = re.reshape(-1, 4, quarter, frames)
        i = im.reshape(-1, 4, quarter, frames)
        ar, ai = r[:, 0], i[:, 0]
        if quarter == 1:
            (br, bi), (cr, ci), (dr, di) = ((r[:, m].copy(), i[:, m].copy()) for m in (1, 2, 3))
        else:
            stride = points // (4 * quarter)
            exponents = np.arange(quarter) * stride
            (br, bi), (cr, ci), (dr, di) = (
                _rotate(r[:, m], i[:, m], twiddles[m * exponents]) for m in (1, 2, 3)
            )
        sum_r, sum_i, difference_r, difference_i = ar + cr, ai + ci, ar - cr, ai - ci
        cross_r, cross_i = br + dr, bi + di
        turned_r, turned_i = bi - di, dr - br  # -j (b - d)
        np.add(sum_r, cross_r, out=r[:, 0])
        np.add(sum_i, cross_i, out=i[:, 0])
        np.add(difference_r, turned_r, out=r[:, 1])
        np.add(difference_i, turned_i, out=i[:, 1])
        np.subtract(sum_r, cross_r, out=r[:, 2])
        np.subtract(sum_i, cross_i, out=i[:, 2])
        np.subtract(difference_r, turned_r, out=r[:, 3])
        np.subtract(difference_i, turned_i, out=i[:, 3])
        quarter *= 4


def split_power(re: Int64, im: Int64, tables: FrontEndTables) -> Int64:
    """Return ``|2 X[k]|^2`` of the real signal packed as even + j odd samples.

    With ``Z`` the complex spectrum and ``N = 256``: ``2 X[k] = e + W o`` and ``2 X[N - k]* = e - W o``
    where ``e = Z[k] + Z[N-k]*``, ``o = -j (Z[k] - Z[N-k]*)``, ``W = exp(-2 pi j k / 2N)``. Bin 0 and
    the Nyquist bin belong to no filter and are left out.

    Args:
        re: int64 ``[256, frames]``, natural order.
        im: likewise.
        tables: the tables of the front end.

    Returns:
        int64 ``[256, frames]``; row ``k`` is bin ``k``, row 0 is zero.
    """
    points, frames = re.shape
    middle = points // 2
    low, high = slice(1, middle), slice(points - 1, middle, -1)
    even_r, even_i = re[low] + re[high], im[low] - im[high]
    odd_r, odd_i = im[low] + im[high], re[high] - re[low]
    odd_r, odd_i = _rotate(odd_r, odd_i, tables.split_twiddle[low].astype(np.int64))
    power = np.zeros((points, frames), dtype=np.int64)
    power[low] = np.square(even_r + odd_r) + np.square(even_i + odd_i)
    power[high] = np.square(even_r - odd_r) + np.square(even_i - odd_i)
    power[middle] = 4 * (np.square(re[middle]) + np.square(im[middle]))
    return power

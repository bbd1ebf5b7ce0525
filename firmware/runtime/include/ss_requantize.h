/*
 * Fixed-point requantization with double rounding, as TFLM and gemmlowp define it.
 *
 * Sources: tensorflow/lite/kernels/internal/common.cc (MultiplyByQuantizedMultiplier, built without
 * TFLITE_SINGLE_ROUNDING) and gemmlowp/fixedpoint/fixedpoint.h.
 */
#ifndef SS_REQUANTIZE_H
#define SS_REQUANTIZE_H

#include <stdint.h>

/* round(a * b / 2^31), halves up, for any int32 but a = b = -2^31 (a multiplier is never negative). gemmlowp's
 * SaturatingRoundingDoublingHighMul: its truncating division after a signed nudge is this floor. */
static inline int32_t ss_rounding_doubling_high_mul(int32_t a, int32_t b)
{
    return (int32_t)(((int64_t)a * b + (INT64_C(1) << 30)) >> 31);
}

/* round(x / 2^exponent), halves away from zero; exponent in [0, 31]. gemmlowp's RoundingDivideByPOT. */
static inline int32_t ss_rounding_divide_by_pot(int32_t x, int32_t exponent)
{
    const int32_t mask = (int32_t)((UINT32_C(1) << exponent) - 1);
    const int32_t threshold = (mask >> 1) + (x < 0 ? 1 : 0);
    return (x >> exponent) + ((x & mask) > threshold ? 1 : 0);
}

/* x * 2^exponent modulo 2^32, exponent in [0, 31]. */
static inline int32_t ss_shift_left(int32_t x, int32_t exponent)
{
    return (int32_t)((uint32_t)x << exponent);
}

/* x * multiplier * 2^(shift - 31), rounded twice. multiplier Q0.31, shift in [-31, 30], left positive. */
static inline int32_t ss_requantize(int32_t x, int32_t multiplier, int32_t shift)
{
    const int32_t left = shift > 0 ? shift : 0;
    const int32_t right = shift > 0 ? 0 : -shift;
    return ss_rounding_divide_by_pot(ss_rounding_doubling_high_mul(ss_shift_left(x, left), multiplier), right);
}

static inline int32_t ss_clamp(int32_t x, int32_t low, int32_t high)
{
    const int32_t raised = x < low ? low : x;
    return raised > high ? high : raised;
}

/* For kernels that saturate to the full int8 range as they store: clamps once more where the activation is narrower. */
static inline void ss_narrow_in_place(int8_t *output, int32_t size, int32_t low, int32_t high)
{
    if (low <= INT8_MIN && high >= INT8_MAX) {
        return;
    }
    for (int32_t i = 0; i < size; ++i) {
        output[i] = (int8_t)ss_clamp(output[i], low, high);
    }
}

#endif

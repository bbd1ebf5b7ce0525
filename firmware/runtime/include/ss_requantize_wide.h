/*
 * Rescaling of the accumulators of 16x8 layers: int64, rounded once. Source: TFLM MultiplyByQuantizedMultiplier(int64_t).
 */
#ifndef SS_REQUANTIZE_WIDE_H
#define SS_REQUANTIZE_WIDE_H

#include "ss_requantize.h"

/* round(x * multiplier / 2^right_shift), halves up; |x| < 2^47, multiplier in [0, 2^15), right_shift in [8, 46]. */
static inline int32_t ss_requantize_wide(int64_t x, int32_t multiplier, int32_t right_shift)
{
    return (int32_t)((x * multiplier + (INT64_C(1) << (right_shift - 1))) >> right_shift);
}

/* The same, or ss_requantize of what an int32 accumulator would hold. */
static inline int32_t ss_requantize_sum(int64_t sum, int32_t multiplier, int32_t shift, int32_t is_wide)
{
    return is_wide != 0 ? ss_requantize_wide(sum, multiplier, shift)
                        : ss_requantize((int32_t)(uint32_t)sum, multiplier, shift);
}

#endif

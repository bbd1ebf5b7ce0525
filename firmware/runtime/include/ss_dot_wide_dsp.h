/*
 * ss_dot_wide.h with the DSP extension: SMLALD adds two products to 64 bits. SXTB16 widens bytes 0 and 2, then 1 and 3 of four
 * weights, and PKHBT and PKHTB pair the values alike.
 */
#ifndef SS_DOT_WIDE_DSP_H
#define SS_DOT_WIDE_DSP_H

#include "ss_dot_wide.h"
#include "ss_dsp.h"

static inline __attribute__((always_inline)) void ss_dot_two_dsp(const int8_t *first, const int8_t *second,
                                                                 const int16_t *values, int32_t count, int64_t sums[2])
{
    int64_t sum0 = sums[0], sum1 = sums[1];
    for (; count >= 4; count -= 4) {
        const uint32_t low = ss_load_two_s16(values), high = ss_load_two_s16(values + 2);
        const uint32_t even = ss_low_halves(low, high), odd = ss_high_halves(low, high);
        const uint32_t weights0 = ss_load_four(first), weights1 = ss_load_four(second);
        sum0 = ss_smlald(ss_widen_even(weights0), even, sum0);
        sum1 = ss_smlald(ss_widen_even(weights1), even, sum1);
        sum0 = ss_smlald(ss_widen_odd(weights0), odd, sum0);
        sum1 = ss_smlald(ss_widen_odd(weights1), odd, sum1);
        first += 4;
        second += 4;
        values += 4;
    }
    for (int32_t i = 0; i < count; ++i) {
        sum0 += first[i] * values[i];
        sum1 += second[i] * values[i];
    }
    sums[0] = sum0;
    sums[1] = sum1;
}

#endif

/*
 * ss_dot_wide.h on Helium: VLDRB widens eight weights as it loads them, VMLALDAVA adds eight products to 64 bits.
 */
#ifndef SS_DOT_WIDE_MVE_H
#define SS_DOT_WIDE_MVE_H

#include "ss_dot_wide.h"
#include "ss_mve.h"

static inline __attribute__((always_inline)) void ss_dot_two_mve(const int8_t *first, const int8_t *second,
                                                                 const int16_t *values, int32_t count, int64_t sums[2])
{
    int64_t sum0 = sums[0], sum1 = sums[1];
    for (; count >= 8; count -= 8) {
        const int16x8_t x = vldrhq_s16(values);
        sum0 = vmlaldavaq_s16(sum0, vldrbq_s16(first), x);
        sum1 = vmlaldavaq_s16(sum1, vldrbq_s16(second), x);
        first += 8;
        second += 8;
        values += 8;
    }
    if (count > 0) {
        const mve_pred16_t tail = vctp16q((uint32_t)count);
        const int16x8_t x = vldrhq_z_s16(values, tail);
        sum0 = vmlaldavaq_s16(sum0, vldrbq_z_s16(first, tail), x);
        sum1 = vmlaldavaq_s16(sum1, vldrbq_z_s16(second, tail), x);
    }
    sums[0] = sum0;
    sums[1] = sum1;
}

#endif

/*
 * The inner products of ss_dot.h with the DSP extension: two products an SMLAD, which wraps around as they do.
 */
#ifndef SS_DOT_DSP_H
#define SS_DOT_DSP_H

#include "ss_dsp.h"

static inline int32_t ss_dot_four_dsp(uint32_t a, uint32_t b, int32_t sum)
{
    return ss_smlad(ss_widen_odd(a), ss_widen_odd(b), ss_smlad(ss_widen_even(a), ss_widen_even(b), sum));
}

static inline int32_t ss_dot_s8_dsp(const int8_t *a, const int8_t *b, int32_t count, int32_t sum)
{
    for (; count >= 4; count -= 4) {
        sum = ss_dot_four_dsp(ss_load_four(a), ss_load_four(b), sum);
        a += 4;
        b += 4;
    }
    if (count > 0) {
        sum = ss_dot_four_dsp(ss_load_fewer(a, count), ss_load_fewer(b, count), sum);
    }
    return sum;
}

static inline int32_t ss_dot_s16_dsp(const int16_t *a, const int16_t *b, int32_t count, int32_t sum)
{
    for (; count >= 2; count -= 2) {
        sum = ss_smlad(ss_load_four((const int8_t *)a), ss_load_four((const int8_t *)b), sum);
        a += 2;
        b += 2;
    }
    return count > 0 ? ss_smlabb((uint16_t)a[0], (uint16_t)b[0], sum) : sum;
}

#endif

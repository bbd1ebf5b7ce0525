/*
 * Inner products of int16 values with two rows of int8 weights at once, in 64 bits: every value is loaded once for both rows.
 */
#ifndef SS_DOT_WIDE_H
#define SS_DOT_WIDE_H

#include <stdint.h>

/* sums[r] += sum_i row_r[i] * values[i]; the rows may be the same; count >= 0. */
typedef void ss_dot_two(const int8_t *first, const int8_t *second, const int16_t *values, int32_t count, int64_t sums[2]);

static inline __attribute__((always_inline)) void ss_dot_two_ref(const int8_t *first, const int8_t *second,
                                                                 const int16_t *values, int32_t count, int64_t sums[2])
{
    for (int32_t i = 0; i < count; ++i) {
        sums[0] += first[i] * values[i];
        sums[1] += second[i] * values[i];
    }
}

#endif

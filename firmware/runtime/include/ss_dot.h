/*
 * Inner products that accumulate modulo 2^32, as TFLM's int32 accumulators do, in portable C.
 */
#ifndef SS_DOT_H
#define SS_DOT_H

#include <stdint.h>

/* sum + sum_i a[i] * b[i]; count >= 1. */
typedef int32_t ss_dot_s8(const int8_t *a, const int8_t *b, int32_t count, int32_t sum);
typedef int32_t ss_dot_s16(const int16_t *a, const int16_t *b, int32_t count, int32_t sum);

static inline int32_t ss_dot_s8_ref(const int8_t *a, const int8_t *b, int32_t count, int32_t sum)
{
    uint32_t total = (uint32_t)sum;
    for (int32_t i = 0; i < count; ++i) {
        total += (uint32_t)(a[i] * b[i]);
    }
    return (int32_t)total;
}

static inline int32_t ss_dot_s16_ref(const int16_t *a, const int16_t *b, int32_t count, int32_t sum)
{
    uint32_t total = (uint32_t)sum;
    for (int32_t i = 0; i < count; ++i) {
        total += (uint32_t)(a[i] * b[i]);
    }
    return (int32_t)total;
}

#endif

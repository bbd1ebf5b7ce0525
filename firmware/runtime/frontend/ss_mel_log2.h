/*
 * A mel energy to an int8 feature, by its leading one and a linearly interpolated table.
 */
#ifndef SS_MEL_LOG2_H
#define SS_MEL_LOG2_H

#include <stdint.h>

#include "ss_log_mel_tables.h"

_Static_assert((-1 >> 1) == -1, "right shift of a negative value must be arithmetic");

enum {
    SS_MEL_LOG2_BITS = 15,
    SS_MEL_LOG2_SEGMENT_BITS = 5,
    SS_MEL_FEATURE_SHIFT = SS_MEL_LOG2_BITS - 3, /* Q15 to eighths */
};

static inline uint32_t ss_mel_leading_zeros(uint64_t value)
{
    const uint32_t high = (uint32_t)(value >> 32);
    return (uint32_t)(high != 0U ? __builtin_clz(high) : 32 + __builtin_clz((uint32_t)value));
}

/* log2 of a positive value by its leading one and a linearly interpolated table, Q15. */
static inline int32_t ss_mel_log2_q15(uint64_t value)
{
    const uint32_t zeros = ss_mel_leading_zeros(value);
    const uint32_t mantissa = (uint32_t)((value << zeros) >> 32) & 0x7FFFFFFFU;
    const uint32_t segment = mantissa >> (31 - SS_MEL_LOG2_SEGMENT_BITS);
    const uint32_t within = (mantissa >> (31 - SS_MEL_LOG2_SEGMENT_BITS - 16)) & 0xFFFFU;
    const uint32_t base = ss_log_mel_log2[segment];
    const uint32_t fraction = base + (((ss_log_mel_log2[segment + 1U] - base) * within) >> 16);
    return (int32_t)(((63U - zeros) << SS_MEL_LOG2_BITS) + fraction);
}

/* round(8 log2(energy)) - 8 reference, saturated; 0 counts as the smallest energy. */
static inline int8_t ss_mel_feature(uint64_t energy)
{
    const int32_t reference = ss_log_mel_reference_log2 * (1 << SS_MEL_LOG2_BITS);
    const int32_t level = ss_mel_log2_q15(energy == 0U ? 1U : energy) - reference;
    const int32_t rounded = (level + (1 << (SS_MEL_FEATURE_SHIFT - 1))) >> SS_MEL_FEATURE_SHIFT;
    return (int8_t)(rounded < INT8_MIN ? INT8_MIN : rounded > INT8_MAX ? INT8_MAX : rounded);
}

#endif

/*
 * Linear interpolation in a table of 513 values over all int16 arguments. Source: TFLM LUTLookup.
 */
#ifndef SS_INTERPOLATE_H
#define SS_INTERPOLATE_H

#include <stdint.h>

static inline int32_t ss_interpolate(int32_t x, const int16_t *table)
{
    const int16_t *const entry = table + 256 + (x >> 7);
    return entry[0] + (((entry[1] - entry[0]) * (x & 0x7F) + 64) >> 7);
}

#endif

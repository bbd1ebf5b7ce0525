/*
 * The sigmoid and the hyperbolic tangent of int16 values, from one table of sigmoid(i / 24) in 16 fractional bits.
 *
 * Source: tensorflow/lite/kernels/internal/reference/integer_ops/{logistic,tanh}.h. Inputs are in steps of 1 / 12288
 * (4096 * 3), which the caller multiplies up; outputs are Q0.15.
 */
#ifndef SS_SIGMOID16_H
#define SS_SIGMOID16_H

#include <stdint.h>

enum { SS_SIGMOID_LAST = 255 };

/* The table at magnitude / 2^bits, with `bits` more fractional bits. */
static inline int32_t ss_sigmoid_interpolated(const uint16_t *table, uint32_t magnitude, uint32_t bits)
{
    const uint32_t index = magnitude >> bits;
    const int32_t left = table[index], right = table[index + 1];
    return (left << bits) + (int32_t)(magnitude & ((1U << bits) - 1U)) * (right - left);
}

static inline int16_t ss_logistic_s16(const uint16_t *table, int32_t scaled)
{
    const uint32_t magnitude = (uint32_t)(scaled < 0 ? -scaled : scaled);
    const int32_t value =
        (magnitude >> 9) >= SS_SIGMOID_LAST ? 0x7FFF << 10 : ss_sigmoid_interpolated(table, magnitude, 9);
    return (int16_t)((scaled < 0 ? (1 << 25) - value + (1 << 9) - 1 : value + (1 << 9)) >> 10);
}

static inline int16_t ss_tanh_s16(const uint16_t *table, int32_t scaled)
{
    const uint32_t magnitude = (uint32_t)(scaled < 0 ? -scaled : scaled);
    const int32_t value =
        (magnitude >> 8) >= SS_SIGMOID_LAST ? 0xFFFF << 8 : ss_sigmoid_interpolated(table, magnitude, 8);
    const int32_t centred = value - (1 << 23);
    return (int16_t)((scaled < 0 ? (1 << 7) - centred - 1 : centred + (1 << 7)) >> 8);
}

#endif

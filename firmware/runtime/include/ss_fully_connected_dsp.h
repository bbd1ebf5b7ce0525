/*
 * What the FULLY_CONNECTED kernels of the DSP extension share: the widened input and the end of a row.
 */
#ifndef SS_FULLY_CONNECTED_DSP_H
#define SS_FULLY_CONNECTED_DSP_H

#include "ss_dsp.h"

/* srdhm(x, m) = (2 x m + 2^31) >> 32 is SMMULR of the doubled accumulator. Rounding shift right, halves away from zero:
 * 1 off a negative number, then ASRS leaves the half in the carry and ADC adds it together with the zero point (r12).
 * r1 is where the output goes. */
#define SS_REQUANTIZE_AND_STORE(accumulator, multiplier, right_shift)    \
    "lsl " accumulator ", " accumulator ", #1\n"                         \
    "smmulr " accumulator ", " accumulator ", " multiplier "\n"          \
    "add " accumulator ", " accumulator ", " accumulator ", asr #31\n"   \
    "asrs " accumulator ", " accumulator ", " right_shift "\n"           \
    "adc " accumulator ", " accumulator ", r12\n"                        \
    "ssat " accumulator ", #8, " accumulator "\n"                        \
    "strb " accumulator ", [r1], #1\n"

/* int8 to int16 in the order in which SXTB16 leaves weights: columns 0, 2 and 1, 3 of every four. */
static inline void ss_widen_columns(const int8_t *input, int32_t size, uint32_t *widened)
{
    int32_t k = 0;
    for (; k + 4 <= size; k += 4) {
        const uint32_t four = ss_load_four(input + k);
        *widened++ = ss_widen_even(four);
        *widened++ = ss_widen_odd(four);
    }
    if (k < size) {
        const uint32_t fewer = ss_load_fewer(input + k, size - k);
        widened[0] = ss_widen_even(fewer);
        widened[1] = ss_widen_odd(fewer);
    }
}

#endif

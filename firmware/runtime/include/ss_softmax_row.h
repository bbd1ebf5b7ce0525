/*
 * One row of TFLM's int8 SOFTMAX: exponentials from a table, their sum, and its reciprocal by Newton's method.
 *
 * Sources: tensorflow/lite/kernels/internal/reference/softmax.h and gemmlowp/fixedpoint/fixedpoint.h
 * (one_over_one_plus_x_for_x_in_0_1). The table replaces exp_on_negative_values and the cut at diff_min; both depend on
 * max - x alone, which an int8 row keeps in [0, 255].
 */
#ifndef SS_SOFTMAX_ROW_H
#define SS_SOFTMAX_ROW_H

#include <stdint.h>

#include "ss_requantize.h"

enum {
    SS_SOFTMAX_ACCUMULATION_BITS = 12, /* integer bits of the sum of exponentials */
    SS_SOFTMAX_OUTPUT_BITS = 8
};

/* 1 / sum as scale * 2^-exponent, so that round(scale * exp) / 2^exponent is a probability in 1/256. */
typedef struct {
    int32_t scale;                     /* Q0.31 in (0.5, 1] */
    int32_t exponent;                  /* in [23, 31] for rows of at most 511 elements */
} ss_reciprocal;

static inline int32_t ss_saturating_double_twice(int32_t x)
{
    if (x > (INT32_MAX >> 2)) {
        return INT32_MAX;
    }
    return x < -(INT32_C(1) << 29) ? INT32_MIN : x * 4;
}

/* 1 / (1 + a) for a in Q0.31, [0, 1). Three Newton steps from 48/17 - 32/17 d in Q2.29. */
static inline int32_t ss_one_over_one_plus(int32_t a)
{
    const int32_t half_denominator = (int32_t)(((uint32_t)a + (UINT32_C(1) << 31)) >> 1);
    const int32_t one = INT32_C(1) << 29;
    int32_t x = INT32_C(1515870810) + ss_rounding_doubling_high_mul(half_denominator, INT32_C(-1010580540));
    for (int32_t step = 0; step < 3; ++step) {
        const int32_t error = one - ss_rounding_doubling_high_mul(half_denominator, x);
        x += ss_saturating_double_twice(ss_rounding_doubling_high_mul(x, error));
    }
    return x >= (INT32_C(1) << 30) ? INT32_MAX : x * 2;
}

static inline int32_t ss_leading_zeros(uint32_t x)
{
    return __builtin_clz(x);
}

/* sum is Q12.19 and at least 2^19, the share of the maximum itself. */
static inline ss_reciprocal ss_softmax_reciprocal(uint32_t sum)
{
    const int32_t headroom = ss_leading_zeros(sum);
    const int32_t fraction = (int32_t)((sum << headroom) - (UINT32_C(1) << 31));
    const int32_t bits_over_unit = SS_SOFTMAX_ACCUMULATION_BITS - headroom;
    return (ss_reciprocal){
        .scale = ss_one_over_one_plus(fraction),
        .exponent = bits_over_unit + 31 - SS_SOFTMAX_OUTPUT_BITS,
    };
}

static inline int32_t ss_softmax_maximum(const int8_t *logits, int32_t size)
{
    int32_t maximum = logits[0];
    for (int32_t i = 1; i < size; ++i) {
        maximum = logits[i] > maximum ? logits[i] : maximum;
    }
    return maximum;
}

/* An exponential as it enters the sum: Q0.31 to Q12.19, rounded. */
static inline uint32_t ss_softmax_term(int32_t exponential)
{
    const uint32_t half = UINT32_C(1) << (SS_SOFTMAX_ACCUMULATION_BITS - 1);
    return ((uint32_t)exponential + half) >> SS_SOFTMAX_ACCUMULATION_BITS;
}

static inline ss_reciprocal ss_softmax_inverse_sum(const int8_t *logits, int32_t size, int32_t maximum,
                                                   const int32_t *exp_table)
{
    uint32_t sum = 0;
    for (int32_t i = 0; i < size; ++i) {
        sum += ss_softmax_term(exp_table[maximum - logits[i]]);
    }
    return ss_softmax_reciprocal(sum);
}

/* Probability in 1/256, in [0, 255]. Both factors are non-negative, so each rounding is a plain half-up and the
 * product can be taken in unsigned 32 x 32: round(a * e / 2^31) is the rounded high word of a * 2e. */
static inline int32_t ss_softmax_probability(ss_reciprocal inverse, int32_t exponential)
{
    const uint64_t doubled = (uint64_t)(uint32_t)inverse.scale * ((uint32_t)exponential << 1);
    const uint32_t product = (uint32_t)(doubled >> 32) + ((uint32_t)doubled >> 31);
    const uint32_t probability = (product + ((UINT32_C(1) << inverse.exponent) >> 1)) >> inverse.exponent;
    return probability > 255 ? 255 : (int32_t)probability;
}

#endif

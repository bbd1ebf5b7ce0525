/*
 * Products of one int16 row with int8 rows for the DSP extension: what attention and BATCH_MATMUL share.
 *
 * A *dot* product runs along the int8 rows; the int16 row then stands in the order 0, 2, 1, 3 of every four columns, the
 * last few in plain order. A *mix* sums whole int8 rows, each times its element of the int16 row, in plain order.
 */
#ifndef SS_MATMUL_DSP_H
#define SS_MATMUL_DSP_H

#include "ss_dsp.h"
#include "ss_requantize.h"

/* Copied out of the parameters, because a store of int8 may alias them. */
typedef struct {
    int32_t multiplier;
    int32_t exponent;                  /* a rounding right shift, 1 or more */
    int32_t zero_point;
} ss_rescaling;

static inline int32_t ss_rescale(ss_rescaling constants, int32_t accumulator)
{
    const int32_t product = ss_smmulr(ss_shift_left(accumulator, 1), constants.multiplier);
    return ss_saturate_s8(ss_divide_and_offset(product, constants.exponent, constants.zero_point));
}

/* Separate members, so that they stay in registers. */
typedef struct {
    int32_t sum0;
    int32_t sum1;
    int32_t sum2;
    int32_t sum3;
} ss_four_sums;

/* int8 minus their zero point as int16 in the order of a dot product. Returns the sum. */
static inline int32_t ss_widen_for_dot(const int8_t *source, int32_t zero_point, int32_t size, int16_t *widened)
{
    int32_t sum = 0;
    int32_t d = 0;
    for (; d + 4 <= size; d += 4) {
        widened[d] = (int16_t)(source[d] - zero_point);
        widened[d + 1] = (int16_t)(source[d + 2] - zero_point);
        widened[d + 2] = (int16_t)(source[d + 1] - zero_point);
        widened[d + 3] = (int16_t)(source[d + 3] - zero_point);
        sum += widened[d] + widened[d + 1] + widened[d + 2] + widened[d + 3];
    }
    for (; d < size; ++d) {
        widened[d] = (int16_t)(source[d] - zero_point);
        sum += widened[d];
    }
    return sum;
}

static inline int32_t ss_dot_columns(uint32_t row, uint32_t even, uint32_t odd, int32_t accumulator)
{
    accumulator = ss_smlad(ss_widen_even(row), even, accumulator);
    return ss_smlad(ss_widen_odd(row), odd, accumulator);
}

/* Products of the last size mod 4 columns. */
static inline int32_t ss_dot_rest(const int16_t *widened, const int8_t *row, int32_t size)
{
    int32_t sum = 0;
    for (int32_t d = size & ~3; d < size; ++d) {
        sum += widened[d] * row[d];
    }
    return sum;
}

/* Dot products with four int8 rows, `stride` bytes apart. */
static inline ss_four_sums ss_dot_four(const int16_t *widened, const int8_t *row, int32_t stride, int32_t size,
                                       int32_t bias)
{
    const uint32_t *pair = (const uint32_t *)(const void *)widened;
    const uint32_t *const pair_end = pair + 2 * (size / 4);
    const int8_t *column = row;
    ss_four_sums dots = {bias, bias, bias, bias};
    while (pair != pair_end) {
        const uint32_t even = *pair++;
        const uint32_t odd = *pair++;
        dots.sum0 = ss_dot_columns(ss_load_four(column), even, odd, dots.sum0);
        dots.sum1 = ss_dot_columns(ss_load_four(column + stride), even, odd, dots.sum1);
        dots.sum2 = ss_dot_columns(ss_load_four_two_strides_on(column, stride), even, odd, dots.sum2);
        dots.sum3 = ss_dot_columns(ss_load_four_two_strides_on(column + stride, stride), even, odd, dots.sum3);
        column += 4;
    }
    if (size % 4 != 0) {
        dots.sum0 += ss_dot_rest(widened, row, size);
        dots.sum1 += ss_dot_rest(widened, row + stride, size);
        dots.sum2 += ss_dot_rest(widened, row + 2 * stride, size);
        dots.sum3 += ss_dot_rest(widened, row + 3 * stride, size);
    }
    return dots;
}

static inline int32_t ss_dot_one(const int16_t *widened, const int8_t *row, int32_t size, int32_t bias)
{
    int32_t dot = bias;
    for (int32_t d = 0; d + 4 <= size; d += 4) {
        const uint32_t *pair = (const uint32_t *)(const void *)(widened + d);
        dot = ss_dot_columns(ss_load_four(row + d), pair[0], pair[1], dot);
    }
    return dot + ss_dot_rest(widened, row, size);
}

/* Four neighbouring columns of a mix of `count` rows, two at a time. */
static inline ss_four_sums ss_mix_four(const int16_t *factors, const int8_t *rows, int32_t stride, int32_t count,
                                       int32_t bias)
{
    const uint32_t *pair = (const uint32_t *)(const void *)factors;
    ss_four_sums mix = {bias, bias, bias, bias};
    for (int32_t pairs = count / 2; pairs > 0; --pairs) {
        const uint32_t both = *pair++;
        const uint32_t here = ss_load_four(rows);
        const uint32_t next = ss_load_four(rows + stride);
        const uint32_t here_even = ss_widen_even(here);
        const uint32_t here_odd = ss_widen_odd(here);
        const uint32_t next_even = ss_widen_even(next);
        const uint32_t next_odd = ss_widen_odd(next);
        mix.sum0 = ss_smlabt(next_even, both, ss_smlabb(here_even, both, mix.sum0));
        mix.sum1 = ss_smlabt(next_odd, both, ss_smlabb(here_odd, both, mix.sum1));
        mix.sum2 = ss_smlatt(next_even, both, ss_smlatb(here_even, both, mix.sum2));
        mix.sum3 = ss_smlatt(next_odd, both, ss_smlatb(here_odd, both, mix.sum3));
        rows += 2 * stride;
    }
    if (count % 2 != 0) {
        const int32_t last = factors[count - 1];
        mix.sum0 += last * rows[0];
        mix.sum1 += last * rows[1];
        mix.sum2 += last * rows[2];
        mix.sum3 += last * rows[3];
    }
    return mix;
}

static inline int32_t ss_mix_one(const int16_t *factors, const int8_t *rows, int32_t stride, int32_t count,
                                 int32_t bias)
{
    int32_t mix = bias;
    for (int32_t k = 0; k < count; ++k) {
        mix += factors[k] * rows[k * stride];
    }
    return mix;
}

#endif

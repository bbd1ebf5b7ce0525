/*
 * Sums and differences of two rescaled tensors for the DSP extension: what ADD and SUB share. Inlined with constant signs,
 * so that each kernel has loops of its own.
 */
#ifndef SS_SUM_DSP_H
#define SS_SUM_DSP_H

#include "ss_dsp.h"
#include "ss_kernels.h"
#include "ss_requantize.h"

enum { SS_SUM_LEFT_SHIFT = 20 };

/* TFLM rescales both inputs relative to twice the larger scale, so the operand of that scale gets exactly a half. */
static const int32_t SS_SUM_HALF = INT32_C(1) << 30;

/* One operand: (x - zero_point) * 2^20 * multiplier * 2^(shift - 31). */
typedef struct {
    const int8_t *data;
    int32_t zero_point;
    int32_t multiplier;
    int32_t shift;
} ss_sum_operand;

static inline int ss_sum_is_half(ss_sum_operand side)
{
    return side.multiplier == SS_SUM_HALF && side.shift == 0;
}

/* half_sign * half + less_sign * less, each sign 1 or -1, not both -1: one operand scaled by a half, which is a plain shift
 * by 19, the other by less. Doubling before SMMULR cannot overflow: an operand stays below 2^28 in magnitude, the sum
 * below 2^29. Constants are copied first, because a store of int8 may alias the parameters. */
static inline __attribute__((always_inline)) void ss_sum_half_and_less(const ss_add_params *params, ss_sum_operand half,
                                                                       int half_sign, ss_sum_operand less,
                                                                       int less_sign, int8_t *output)
{
    const int32_t lifted_zero = ss_shift_left(less.zero_point, SS_SUM_LEFT_SHIFT + 1);
    const int32_t half_zero = ss_shift_left(half.zero_point, SS_SUM_LEFT_SHIFT - 1);
    const int32_t offset = half_sign == less_sign ? -half_zero : half_zero;
    const int32_t less_exponent = -less.shift;
    const int32_t output_exponent = -params->output_shift;
    const int32_t output_multiplier = params->output_multiplier;
    const int32_t output_zero_point = params->output_zero_point;
    const int8_t *const end = output + params->size;
#pragma GCC unroll 4
    while (output != end) {
        const int32_t doubled = ss_shift_left(*less.data++, SS_SUM_LEFT_SHIFT + 1) - lifted_zero;
        const int32_t scaled = ss_smmulr(doubled, less.multiplier);
        const int32_t rest = ss_divide_and_offset(scaled, less_exponent, offset);
        const int32_t whole = ss_shift_left(*half.data++, SS_SUM_LEFT_SHIFT - 1);
        const int32_t sum = half_sign < 0 ? rest - whole : less_sign < 0 ? whole - rest : whole + rest;
        const int32_t product = ss_smmulr(ss_shift_left(sum, 1), output_multiplier);
        *output++ = (int8_t)ss_saturate_s8(ss_divide_and_offset(product, output_exponent, output_zero_point));
    }
}

/* a + b_sign * b for any scales. */
static inline __attribute__((always_inline)) void ss_sum_any(const ss_add_params *params, ss_sum_operand a,
                                                             ss_sum_operand b, int b_sign, int8_t *output)
{
    for (int32_t i = 0; i < params->size; ++i) {
        const int32_t lifted_a = ss_shift_left(a.data[i] - a.zero_point, SS_SUM_LEFT_SHIFT);
        const int32_t lifted_b = ss_shift_left(b.data[i] - b.zero_point, SS_SUM_LEFT_SHIFT);
        const int32_t scaled_a = ss_requantize(lifted_a, a.multiplier, a.shift);
        const int32_t scaled_b = ss_requantize(lifted_b, b.multiplier, b.shift);
        const int32_t sum = b_sign < 0 ? scaled_a - scaled_b : scaled_a + scaled_b;
        const int32_t scaled = ss_requantize(sum, params->output_multiplier, params->output_shift);
        output[i] = (int8_t)ss_saturate_s8(scaled + params->output_zero_point);
    }
}

/* a + b_sign * b. */
static inline __attribute__((always_inline)) void ss_sum_s8_dsp(const ss_add_params *params, const int8_t *input1,
                                                                const int8_t *input2, int b_sign, int8_t *output)
{
    const ss_sum_operand a = {input1, params->input1_zero_point, params->input1_multiplier, params->input1_shift};
    const ss_sum_operand b = {input2, params->input2_zero_point, params->input2_multiplier, params->input2_shift};
    if (params->output_shift < 0 && ss_sum_is_half(a) && b.shift < 0) {
        ss_sum_half_and_less(params, a, 1, b, b_sign, output);
    } else if (params->output_shift < 0 && ss_sum_is_half(b) && a.shift < 0) {
        ss_sum_half_and_less(params, b, b_sign, a, 1, output);
    } else {
        ss_sum_any(params, a, b, b_sign, output);
    }
    ss_narrow_in_place(output, params->size, params->activation_min, params->activation_max);
}

#endif

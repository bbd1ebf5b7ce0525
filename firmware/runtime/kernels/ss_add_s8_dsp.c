#include "ss_dsp.h"
#include "ss_kernels.h"
#include "ss_requantize.h"

enum { LEFT_SHIFT = 20 };

/* TFLM rescales both inputs relative to twice the larger scale, so the operand of that scale gets exactly a half. */
static const int32_t HALF = INT32_C(1) << 30;

/* One operand of the sum: (x - zero_point) * 2^20 * multiplier * 2^(shift - 31). */
typedef struct {
    const int8_t *data;
    int32_t zero_point;
    int32_t multiplier;
    int32_t shift;
} operand;

static int is_half(operand side)
{
    return side.multiplier == HALF && side.shift == 0;
}

/* The usual sum: one operand scaled by a half, which is a plain shift by 19, the other by less.
 * Doubling before SMMULR cannot overflow: an operand stays below 2^28 in magnitude, the sum below 2^29.
 * Constants are copied first, because a store of int8 may alias the parameters. */
static void add_half_and_less(const ss_add_params *params, operand half, operand less, int8_t *output)
{
    const int32_t lifted_zero = ss_shift_left(less.zero_point, LEFT_SHIFT + 1);
    const int32_t minus_half_zero = -ss_shift_left(half.zero_point, LEFT_SHIFT - 1);
    const int32_t less_exponent = -less.shift;
    const int32_t output_exponent = -params->output_shift;
    const int32_t output_multiplier = params->output_multiplier;
    const int32_t output_zero_point = params->output_zero_point;
    const int8_t *const end = output + params->size;
#pragma GCC unroll 4
    while (output != end) {
        const int32_t doubled = ss_shift_left(*less.data++, LEFT_SHIFT + 1) - lifted_zero;
        const int32_t scaled = ss_smmulr(doubled, less.multiplier);
        const int32_t rest = ss_divide_and_offset(scaled, less_exponent, minus_half_zero);
        const int32_t sum = ss_shift_left(*half.data++, LEFT_SHIFT - 1) + rest;
        const int32_t product = ss_smmulr(ss_shift_left(sum, 1), output_multiplier);
        *output++ = (int8_t)ss_saturate_s8(ss_divide_and_offset(product, output_exponent, output_zero_point));
    }
}

static void add_any(const ss_add_params *params, operand a, operand b, int8_t *output)
{
    for (int32_t i = 0; i < params->size; ++i) {
        const int32_t lifted_a = ss_shift_left(a.data[i] - a.zero_point, LEFT_SHIFT);
        const int32_t lifted_b = ss_shift_left(b.data[i] - b.zero_point, LEFT_SHIFT);
        const int32_t sum =
            ss_requantize(lifted_a, a.multiplier, a.shift) + ss_requantize(lifted_b, b.multiplier, b.shift);
        const int32_t scaled = ss_requantize(sum, params->output_multiplier, params->output_shift);
        output[i] = (int8_t)ss_saturate_s8(scaled + params->output_zero_point);
    }
}

void ss_add_s8_dsp(const ss_add_params *params, const int8_t *input1, const int8_t *input2, int8_t *output,
                   void *scratch)
{
    (void)scratch;
    const operand a = {input1, params->input1_zero_point, params->input1_multiplier, params->input1_shift};
    const operand b = {input2, params->input2_zero_point, params->input2_multiplier, params->input2_shift};
    if (params->output_shift < 0 && is_half(a) && b.shift < 0) {
        add_half_and_less(params, a, b, output);
    } else if (params->output_shift < 0 && is_half(b) && a.shift < 0) {
        add_half_and_less(params, b, a, output);
    } else {
        add_any(params, a, b, output);
    }
    ss_narrow_in_place(output, params->size, params->activation_min, params->activation_max);
}

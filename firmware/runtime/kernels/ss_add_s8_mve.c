#include "ss_sum_mve.h"

#define PLUS_HALF(less) "vadd.i32 " less ", " less ", q3"

SS_SUM_DEFINE_HALF_AND_LESS(add_half_and_less, PLUS_HALF)

__attribute__((noinline)) static void add_any(const ss_add_params *params, ss_sum_operand a, ss_sum_operand b,
                                              int32_t done, int8_t *output)
{
    ss_sum_any(params, a, b, 1, done, output);
}

void ss_add_s8_mve(const ss_add_params *params, const int8_t *input1, const int8_t *input2, int8_t *output,
                   void *scratch)
{
    (void)scratch;
    const ss_sum_operand a = {input1, params->input1_zero_point, params->input1_multiplier, params->input1_shift};
    const ss_sum_operand b = {input2, params->input2_zero_point, params->input2_multiplier, params->input2_shift};
    int32_t done = 0;
    if (params->output_shift < 0 && ss_sum_is_half(a) && b.shift < 0) {
        done = add_half_and_less(params, a, b, output);
    } else if (params->output_shift < 0 && ss_sum_is_half(b) && a.shift < 0) {
        done = add_half_and_less(params, b, a, output);
    }
    if (done < params->size) {
        add_any(params, a, b, done, output);
    }
}

#include "ss_kernels.h"
#include "ss_requantize.h"

enum { LEFT_SHIFT = 20 };

void ss_sub_s8_ref(const ss_add_params *params, const int8_t *input1, const int8_t *input2, int8_t *output,
                   void *scratch)
{
    (void)scratch;
    for (int32_t i = 0; i < params->size; ++i) {
        const int32_t a = ss_requantize(ss_shift_left(input1[i] - params->input1_zero_point, LEFT_SHIFT),
                                        params->input1_multiplier, params->input1_shift);
        const int32_t b = ss_requantize(ss_shift_left(input2[i] - params->input2_zero_point, LEFT_SHIFT),
                                        params->input2_multiplier, params->input2_shift);
        const int32_t scaled = ss_requantize(a - b, params->output_multiplier, params->output_shift);
        output[i] = (int8_t)ss_clamp(scaled + params->output_zero_point, params->activation_min,
                                     params->activation_max);
    }
}

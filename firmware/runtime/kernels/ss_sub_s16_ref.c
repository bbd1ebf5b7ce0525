#include "ss_kernels_s16.h"
#include "ss_requantize.h"

enum { LEFT_SHIFT = 15 };

void ss_sub_s16_ref(const ss_add_params *params, const int16_t *input1, const int16_t *input2, int16_t *output,
                    void *scratch)
{
    (void)scratch;
    for (int32_t i = 0; i < params->size; ++i) {
        const int32_t a = (input1[i] - params->input1_zero_point) * (1 << LEFT_SHIFT);
        const int32_t b = (input2[i] - params->input2_zero_point) * (1 << LEFT_SHIFT);
        const int32_t result = ss_requantize(a, params->input1_multiplier, params->input1_shift) -
                               ss_requantize(b, params->input2_multiplier, params->input2_shift);
        const int32_t scaled = ss_requantize(result, params->output_multiplier, params->output_shift);
        output[i] = (int16_t)ss_clamp(scaled + params->output_zero_point, params->activation_min,
                                      params->activation_max);
    }
}

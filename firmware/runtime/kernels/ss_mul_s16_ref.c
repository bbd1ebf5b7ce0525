#include "ss_kernels_s16.h"
#include "ss_requantize.h"

void ss_mul_s16_ref(const ss_mul_params *params, const int16_t *input1, const int16_t *input2, int16_t *output,
                    void *scratch)
{
    (void)scratch;
    for (int32_t i = 0; i < params->size; ++i) {
        const int32_t product =
            (input1[i] - params->input1_zero_point) * (input2[i] - params->input2_zero_point);
        const int32_t scaled = ss_requantize(product, params->output_multiplier, params->output_shift);
        output[i] = (int16_t)ss_clamp(scaled + params->output_zero_point, params->activation_min,
                                      params->activation_max);
    }
}

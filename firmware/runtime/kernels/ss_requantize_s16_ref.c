#include "ss_kernels_s16.h"
#include "ss_requantize.h"

void ss_requantize_s16_ref(const ss_requantize_params *params, const int16_t *input, int16_t *output, void *scratch)
{
    (void)scratch;
    for (int32_t i = 0; i < params->size; ++i) {
        const int32_t scaled = ss_requantize(input[i] - params->input_zero_point, params->multiplier, params->shift);
        output[i] = (int16_t)ss_clamp(scaled + params->output_zero_point, params->activation_min, params->activation_max);
    }
}

#include "ss_kernels_s16.h"
#include "ss_requantize_wide.h"

void ss_fully_connected_s16_ref(const ss_fully_connected_s16_params *params, const int16_t *input, int16_t *output,
                                void *scratch)
{
    (void)scratch;
    const int8_t *weights = params->weights;
    for (int32_t n = 0; n < params->output_size; ++n) {
        int64_t sum = params->bias[n];
        for (int32_t k = 0; k < params->input_size; ++k) {
            sum += weights[k] * input[k];
        }
        weights += params->input_size;
        const int32_t scaled = ss_requantize_sum(sum, params->multiplier[n], params->shift[n], params->is_wide);
        output[n] = (int16_t)ss_clamp(scaled, params->activation_min, params->activation_max);
    }
}

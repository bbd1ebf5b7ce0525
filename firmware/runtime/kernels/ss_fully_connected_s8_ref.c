#include "ss_kernels.h"
#include "ss_requantize.h"

void ss_fully_connected_s8_ref(const ss_fully_connected_params *params, const int8_t *input, int8_t *output,
                               void *scratch)
{
    (void)scratch;
    const int8_t *weights = params->weights;
    for (int32_t n = 0; n < params->output_size; ++n) {
        int32_t accumulator = params->bias[n];
        for (int32_t k = 0; k < params->input_size; ++k) {
            accumulator += (int32_t)weights[k] * input[k];
        }
        weights += params->input_size;
        const int32_t scaled = ss_requantize(accumulator, params->multiplier[n], params->shift[n]);
        output[n] = (int8_t)ss_clamp(scaled + params->output_zero_point, params->activation_min,
                                     params->activation_max);
    }
}

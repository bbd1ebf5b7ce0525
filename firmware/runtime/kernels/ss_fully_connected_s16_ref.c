#include "ss_layer_s16.h"

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
        output[n] = ss_layer_output_s16(params, n, sum);
    }
}

/* Two rows at a time: every vector of inputs is loaded once for both. */
#include "ss_dot_wide_mve.h"
#include "ss_layer_s16.h"

void ss_fully_connected_s16_mve(const ss_fully_connected_s16_params *params, const int16_t *input, int16_t *output,
                                void *scratch)
{
    (void)scratch;
    for (int32_t n = 0; n < params->output_size; n += 2) {
        const int32_t other = n + 1 < params->output_size ? n + 1 : n;
        int64_t sums[2] = {params->bias[n], params->bias[other]};
        ss_dot_two_mve(params->weights + n * params->input_size, params->weights + other * params->input_size, input,
                       params->input_size, sums);
        output[n] = ss_layer_output_s16(params, n, sums[0]);
        output[other] = ss_layer_output_s16(params, other, sums[1]);
    }
}

/* Two rows at a time: every vector of inputs is loaded once for both. */
#include "ss_dot_wide_mve.h"
#include "ss_kernels_s16.h"
#include "ss_requantize_wide.h"

static inline int16_t rescaled(const ss_fully_connected_s16_params *params, int32_t n, int64_t sum)
{
    const int32_t scaled = ss_requantize_sum(sum, params->multiplier[n], params->shift[n], params->is_wide);
    return (int16_t)ss_clamp(scaled, params->activation_min, params->activation_max);
}

void ss_fully_connected_s16_mve(const ss_fully_connected_s16_params *params, const int16_t *input, int16_t *output,
                                void *scratch)
{
    (void)scratch;
    for (int32_t n = 0; n < params->output_size; n += 2) {
        const int32_t other = n + 1 < params->output_size ? n + 1 : n;
        int64_t sums[2] = {params->bias[n], params->bias[other]};
        ss_dot_two_mve(params->weights + n * params->input_size, params->weights + other * params->input_size, input,
                       params->input_size, sums);
        output[n] = rescaled(params, n, sums[0]);
        output[other] = rescaled(params, other, sums[1]);
    }
}

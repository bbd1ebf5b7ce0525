#include "ss_kernels.h"
#include "ss_requantize.h"

void ss_depthwise_ring_s8_ref(const ss_depthwise_ring_params *params, const int8_t *ring, int32_t oldest,
                              int8_t *output, void *scratch)
{
    (void)scratch;
    for (int32_t c = 0; c < params->channels; ++c) {
        int32_t accumulator = params->bias[c];
        int32_t row = oldest;
        for (int32_t t = 0; t < params->taps; ++t) {
            accumulator += (int32_t)params->weights[t * params->channels + c] * ring[row * params->row_stride + c];
            row = row + 1 == params->taps ? 0 : row + 1;
        }
        const int32_t scaled = ss_requantize(accumulator, params->multiplier[c], params->shift[c]);
        output[c] = (int8_t)ss_clamp(scaled + params->output_zero_point, params->activation_min,
                                     params->activation_max);
    }
}

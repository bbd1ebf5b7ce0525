#include "ss_kernels_s16.h"
#include "ss_requantize.h"

void ss_leaky_relu_s16_ref(const ss_leaky_relu_params *params, const int16_t *input, int16_t *output, void *scratch)
{
    (void)scratch;
    for (int32_t i = 0; i < params->size; ++i) {
        const int32_t x = input[i];
        const int32_t scaled = x < 0 ? ss_requantize(x, params->slope_multiplier, params->slope_shift)
                                     : ss_requantize(x, params->identity_multiplier, params->identity_shift);
        output[i] = (int16_t)ss_clamp(scaled, INT16_MIN, INT16_MAX);
    }
}

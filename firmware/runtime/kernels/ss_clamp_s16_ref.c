#include "ss_kernels_s16.h"
#include "ss_requantize.h"

void ss_clamp_s16_ref(const ss_clamp_params *params, const int16_t *input, int16_t *output, void *scratch)
{
    (void)scratch;
    for (int32_t i = 0; i < params->size; ++i) {
        output[i] = (int16_t)ss_clamp(input[i], params->activation_min, params->activation_max);
    }
}

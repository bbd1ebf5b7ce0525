#include "ss_kernels_s16.h"

void ss_fill_s16_ref(const ss_fill_params *params, int16_t *output, void *scratch)
{
    (void)scratch;
    for (int32_t i = 0; i < params->size; ++i) {
        output[i] = (int16_t)params->value;
    }
}

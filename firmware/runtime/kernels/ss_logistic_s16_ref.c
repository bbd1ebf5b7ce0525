#include "ss_kernels_s16.h"
#include "ss_sigmoid16.h"

void ss_logistic_s16_ref(const ss_sigmoid_params *params, const int16_t *input, int16_t *output, void *scratch)
{
    (void)scratch;
    const int32_t half = (int32_t)((UINT32_C(1) << params->right_shift) >> 1);
    for (int32_t i = 0; i < params->size; ++i) {
        const int32_t scaled = (input[i] * params->multiplier + half) >> params->right_shift;
        output[i] = ss_logistic_s16(params->table, scaled);
    }
}

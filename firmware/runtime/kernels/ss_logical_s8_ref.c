#include "ss_kernels.h"

void ss_logical_s8_ref(const ss_logical_params *params, const int8_t *input1, const int8_t *input2, int8_t *output,
                       void *scratch)
{
    (void)scratch;
    for (int32_t i = 0; i < params->size; ++i) {
        output[i] = (int8_t)((params->truth >> (2 * input1[i] + input2[i])) & 1);
    }
}

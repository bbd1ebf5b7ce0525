#include "ss_kernels_s16.h"

void ss_maximum_s16_ref(const ss_extremum_params *params, const int16_t *input1, const int16_t *input2,
                        int16_t *output, void *scratch)
{
    (void)scratch;
    for (int32_t i = 0; i < params->size; ++i) {
        output[i] = input1[i] > input2[i] ? input1[i] : input2[i];
    }
}

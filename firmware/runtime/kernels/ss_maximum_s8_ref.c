#include "ss_kernels.h"

void ss_maximum_s8_ref(const ss_extremum_params *params, const int8_t *input1, const int8_t *input2, int8_t *output,
                   void *scratch)
{
    (void)scratch;
    for (int32_t i = 0; i < params->size; ++i) {
        output[i] = input1[i] > input2[i] ? input1[i] : input2[i];
    }
}

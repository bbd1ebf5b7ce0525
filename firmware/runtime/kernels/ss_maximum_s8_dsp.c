#include "ss_dsp.h"
#include "ss_kernels.h"

void ss_maximum_s8_dsp(const ss_extremum_params *params, const int8_t *input1, const int8_t *input2, int8_t *output,
                       void *scratch)
{
    (void)scratch;
    int32_t left = params->size;
#pragma GCC unroll 4
    for (; left >= 4; left -= 4) {
        ss_store_four(output, ss_maximum_s8x4(ss_load_four(input1), ss_load_four(input2)));
        input1 += 4;
        input2 += 4;
        output += 4;
    }
    for (int32_t i = 0; i < left; ++i) {
        output[i] = input1[i] > input2[i] ? input1[i] : input2[i];
    }
}

#include "ss_kernels.h"
#include "ss_mve.h"

void ss_minimum_s8_mve(const ss_extremum_params *params, const int8_t *input1, const int8_t *input2, int8_t *output,
                       void *scratch)
{
    (void)scratch;
    int32_t left = params->size;
    for (; left >= 16; left -= 16) {
        vstrbq_s8(output, vminq_s8(vldrbq_s8(input1), vldrbq_s8(input2)));
        input1 += 16;
        input2 += 16;
        output += 16;
    }
    if (left > 0) {
        const mve_pred16_t tail = vctp8q((uint32_t)left);
        vstrbq_p_s8(output, vminq_s8(vldrbq_z_s8(input1, tail), vldrbq_z_s8(input2, tail)), tail);
    }
}

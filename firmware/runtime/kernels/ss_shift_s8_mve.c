/* 16 bytes are read before they are written, and the target begins before the source, so overlap does no harm. */
#include "ss_kernels.h"
#include "ss_mve.h"

void ss_shift_s8_mve(const ss_shift_params *params, const void *input, void *output, void *scratch)
{
    (void)scratch;
    const int8_t *source = input;
    int8_t *target = output;
    int32_t left = params->size;
    for (; left >= 16; left -= 16) {
        vstrbq_s8(target, vldrbq_s8(source));
        source += 16;
        target += 16;
    }
    if (left > 0) {
        const mve_pred16_t tail = vctp8q((uint32_t)left);
        vstrbq_p_s8(target, vldrbq_z_s8(source, tail), tail);
    }
}

/* Tables for Helium: 16 look-ups in one gather. */
#include "ss_kernels.h"
#include "ss_mve.h"

void ss_table_s8_mve(const ss_table_params *params, const int8_t *input, int8_t *output, void *scratch)
{
    (void)scratch;
    int32_t left = params->size;
    for (; left >= 16; left -= 16) {
        vstrbq_s8(output, vldrbq_gather_offset_s8(params->table, vldrbq_u8((const uint8_t *)input)));
        input += 16;
        output += 16;
    }
    if (left > 0) {
        const mve_pred16_t tail = vctp8q((uint32_t)left);
        const uint8x16_t index = vldrbq_z_u8((const uint8_t *)input, tail);
        vstrbq_p_s8(output, vldrbq_gather_offset_z_s8(params->table, index, tail), tail);
    }
}

#include "ss_kernels_s16.h"
#include "ss_mve.h"

void ss_mul_s16_mve(const ss_mul_params *params, const int16_t *input1, const int16_t *input2, int16_t *output,
                    void *scratch)
{
    (void)scratch;
    const int32x4_t shift = vdupq_n_s32(params->output_shift);
    const int32x4_t low = vdupq_n_s32(params->activation_min), high = vdupq_n_s32(params->activation_max);
    for (int32_t left = params->size; left > 0; left -= 4) {
        const mve_pred16_t inside = vctp32q((uint32_t)left);
        const int32x4_t product = vmulq_s32(vldrhq_z_s32(input1, inside), vldrhq_z_s32(input2, inside));
        const int32x4_t scaled = ss_requantize_uniform_mve(product, params->output_multiplier, shift);
        vstrhq_p_s32(output, vminq_s32(vmaxq_s32(scaled, low), high), inside);
        input1 += 4;
        input2 += 4;
        output += 4;
    }
}

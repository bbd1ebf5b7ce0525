/* MUL for Helium, four lanes of 32 bits. The packer hands this kernel only factors without left shift. */
#include "ss_kernels.h"
#include "ss_mve.h"

void ss_mul_s8_mve(const ss_mul_params *params, const int8_t *input1, const int8_t *input2, int8_t *output,
                   void *scratch)
{
    (void)scratch;
    const int32x4_t shift = vdupq_n_s32(params->output_shift);
    const int32x4_t low = vdupq_n_s32(params->activation_min);
    const int32x4_t high = vdupq_n_s32(params->activation_max);
    for (int32_t i = 0; i < params->size; i += 4) {
        const mve_pred16_t lanes = vctp32q((uint32_t)(params->size - i));
        const int32x4_t a = vsubq_n_s32(vldrbq_z_s32(input1 + i, lanes), params->input1_zero_point);
        const int32x4_t b = vsubq_n_s32(vldrbq_z_s32(input2 + i, lanes), params->input2_zero_point);
        const int32x4_t scaled = ss_requantize_uniform_mve(vmulq_s32(a, b), params->output_multiplier, shift);
        const int32x4_t raised = vaddq_n_s32(scaled, params->output_zero_point);
        vstrbq_p_s32(output + i, ss_clamp_mve(raised, low, high), lanes);
    }
}

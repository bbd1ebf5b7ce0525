/* MUL for Helium: eight elements at once, then four. The packer hands this kernel only factors without left shift. */
#include "ss_kernels.h"
#include "ss_mve.h"

enum { LANES = 4, HALFWORD_LANES = 8 };

/* Products of 16 bits by 16 in the even and the odd lanes; saturation to 16 bits before the zero point is added cannot
 * change what the clamp to int8 gives. */
static int32_t whole_eights(const ss_mul_params *params, const int8_t *input1, const int8_t *input2, int8_t *output)
{
    const int16_t zero1 = (int16_t)params->input1_zero_point;
    const int16_t zero2 = (int16_t)params->input2_zero_point;
    const int32_t multiplier = params->output_multiplier;
    const int16_t zero_point = (int16_t)params->output_zero_point;
    const int32x4_t shift = vdupq_n_s32(params->output_shift);
    const int16x8_t low = vdupq_n_s16((int16_t)params->activation_min);
    const int16x8_t high = vdupq_n_s16((int16_t)params->activation_max);
    for (int32_t eights = params->size / HALFWORD_LANES; eights > 0; --eights) {
        const int16x8_t a = vsubq_n_s16(vldrbq_s16(input1), zero1);
        const int16x8_t b = vsubq_n_s16(vldrbq_s16(input2), zero2);
        const int32x4_t even = ss_requantize_uniform_mve(vmullbq_int_s16(a, b), multiplier, shift);
        const int32x4_t odd = ss_requantize_uniform_mve(vmulltq_int_s16(a, b), multiplier, shift);
        const int16x8_t scaled = vqmovntq_s32(vqmovnbq_s32(low, even), odd);
        const int16x8_t raised = vqaddq_n_s16(scaled, zero_point);
        vstrbq_s16(output, vminq_s16(vmaxq_s16(raised, low), high));
        input1 += HALFWORD_LANES;
        input2 += HALFWORD_LANES;
        output += HALFWORD_LANES;
    }
    return params->size & ~(HALFWORD_LANES - 1);
}

void ss_mul_s8_mve(const ss_mul_params *params, const int8_t *input1, const int8_t *input2, int8_t *output,
                   void *scratch)
{
    (void)scratch;
    const int32x4_t shift = vdupq_n_s32(params->output_shift);
    for (int32_t i = whole_eights(params, input1, input2, output); i < params->size; i += LANES) {
        const mve_pred16_t lanes = vctp32q((uint32_t)(params->size - i));
        const int32x4_t a = vsubq_n_s32(vldrbq_z_s32(input1 + i, lanes), params->input1_zero_point);
        const int32x4_t b = vsubq_n_s32(vldrbq_z_s32(input2 + i, lanes), params->input2_zero_point);
        const int32x4_t scaled = ss_requantize_uniform_mve(vmulq_s32(a, b), params->output_multiplier, shift);
        const int32x4_t raised = vaddq_n_s32(scaled, params->output_zero_point);
        const int32x4_t low = vdupq_n_s32(params->activation_min);
        vstrbq_p_s32(output + i, ss_clamp_mve(raised, low, vdupq_n_s32(params->activation_max)), lanes);
    }
}

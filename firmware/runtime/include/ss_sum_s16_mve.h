/*
 * ADD and SUB on int16 activations on Helium, four lanes of 32 bits at a time; shifts to the right only, zero points 0.
 */
#ifndef SS_SUM_S16_MVE_H
#define SS_SUM_S16_MVE_H

#include "ss_kernels.h"
#include "ss_mve.h"

enum { SS_SUM_S16_LEFT_SHIFT = 15 };

static inline int32x4_t ss_sum_s16_operand(const int16_t *source, mve_pred16_t inside, int32_t multiplier, int32x4_t shift)
{
    const int32x4_t lifted = vshlq_n_s32(vldrhq_z_s32(source, inside), SS_SUM_S16_LEFT_SHIFT);
    return ss_requantize_uniform_mve(lifted, multiplier, shift);
}

/* input1 + input2, or input1 - input2. */
static inline __attribute__((always_inline)) void ss_sum_s16_mve(const ss_add_params *params, const int16_t *input1,
                                                                 const int16_t *input2, int16_t *output, int is_difference)
{
    const int32x4_t shift1 = vdupq_n_s32(params->input1_shift), shift2 = vdupq_n_s32(params->input2_shift);
    const int32x4_t shift = vdupq_n_s32(params->output_shift);
    const int32x4_t low = vdupq_n_s32(params->activation_min), high = vdupq_n_s32(params->activation_max);
    for (int32_t left = params->size; left > 0; left -= 4) {
        const mve_pred16_t inside = vctp32q((uint32_t)left);
        const int32x4_t a = ss_sum_s16_operand(input1, inside, params->input1_multiplier, shift1);
        const int32x4_t b = ss_sum_s16_operand(input2, inside, params->input2_multiplier, shift2);
        const int32x4_t sum = is_difference ? vsubq_s32(a, b) : vaddq_s32(a, b);
        const int32x4_t scaled = ss_requantize_uniform_mve(sum, params->output_multiplier, shift);
        vstrhq_p_s32(output, vminq_s32(vmaxq_s32(scaled, low), high), inside);
        input1 += 4;
        input2 += 4;
        output += 4;
    }
}

#endif

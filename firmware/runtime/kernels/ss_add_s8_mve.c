#include "ss_kernels.h"
#include "ss_mve.h"

enum { LANES = 4, LEFT_SHIFT = 20 };

typedef struct {
    int32_t zero_point;
    int32_t multiplier;
    int32x4_t shift;
} operand;

static inline int32x4_t rescale_operand(int32x4_t x, operand side)
{
    const int32x4_t lifted = vshlq_n_s32(vsubq_n_s32(x, side.zero_point), LEFT_SHIFT);
    return ss_requantize_uniform_mve(lifted, side.multiplier, side.shift);
}

static inline int32x4_t add_lanes(const ss_add_params *params, int32x4_t x1, int32x4_t x2, operand a, operand b,
                                  int32x4_t output_shift)
{
    const int32x4_t sum = vaddq_s32(rescale_operand(x1, a), rescale_operand(x2, b));
    const int32x4_t scaled = ss_requantize_uniform_mve(sum, params->output_multiplier, output_shift);
    return ss_clamp_mve(vaddq_n_s32(scaled, params->output_zero_point), vdupq_n_s32(params->activation_min),
                        vdupq_n_s32(params->activation_max));
}

void ss_add_s8_mve(const ss_add_params *params, const int8_t *input1, const int8_t *input2, int8_t *output,
                   void *scratch)
{
    (void)scratch;
    const operand a = {params->input1_zero_point, params->input1_multiplier, vdupq_n_s32(params->input1_shift)};
    const operand b = {params->input2_zero_point, params->input2_multiplier, vdupq_n_s32(params->input2_shift)};
    const int32x4_t output_shift = vdupq_n_s32(params->output_shift);
    const uint32_t tail = (uint32_t)params->size % LANES;
    for (uint32_t vector = (uint32_t)params->size / LANES; vector > 0; --vector) {
        const int32x4_t sum = add_lanes(params, vldrbq_s32(input1), vldrbq_s32(input2), a, b, output_shift);
        vstrbq_s32(output, sum);
        input1 += LANES;
        input2 += LANES;
        output += LANES;
    }
    if (tail > 0) {
        const mve_pred16_t lanes = vctp32q(tail);
        const int32x4_t x1 = vldrbq_z_s32(input1, lanes);
        const int32x4_t x2 = vldrbq_z_s32(input2, lanes);
        vstrbq_p_s32(output, add_lanes(params, x1, x2, a, b, output_shift), lanes);
    }
}

/*
 * MEAN for Helium: a run of neighbouring elements 16 at a time, or four neighbouring outputs at once. The packer hands this
 * kernel only shapes whose inner reduced axis or inner kept axis is contiguous, and factors without left shift.
 */
#include "ss_kernels.h"
#include "ss_mean.h"
#include "ss_mve.h"

enum { LANES = 4 };

static void line_of_runs(const ss_mean_params *params, const int8_t *input, int8_t *output)
{
    for (int32_t k = 0; k < params->kept2_count; ++k) {
        int32_t total = params->offset;
        for (int32_t i = 0; i < params->reduced0_count; ++i) {
            total += ss_sum_s8_mve(input + i * params->reduced0_stride, params->reduced1_count);
        }
        output[k] = ss_mean_of(params, total);
        input += params->kept2_stride;
    }
}

static void line_of_neighbours(const ss_mean_params *params, const int8_t *input, int8_t *output)
{
    const int32x4_t shift = vdupq_n_s32(params->output_shift);
    for (int32_t left = params->kept2_count; left > 0; left -= LANES) {
        const mve_pred16_t lanes = vctp32q((uint32_t)left);
        int32x4_t total = vdupq_n_s32(params->offset);
        for (int32_t i = 0; i < params->reduced0_count; ++i) {
            const int8_t *element = input + i * params->reduced0_stride;
            for (int32_t j = params->reduced1_count; j > 0; --j) {
                total = vaddq_s32(total, vldrbq_z_s32(element, lanes));
                element += params->reduced1_stride;
            }
        }
        const int32x4_t scaled = ss_requantize_uniform_mve(total, params->output_multiplier, shift);
        const int32x4_t raised = vaddq_n_s32(scaled, params->output_zero_point);
        const int32x4_t clamped = ss_clamp_mve(raised, vdupq_n_s32(INT8_MIN), vdupq_n_s32(INT8_MAX));
        vstrbq_p_s32(output, clamped, lanes);
        input += LANES;
        output += LANES;
    }
}

void ss_mean_s8_mve(const ss_mean_params *params, const int8_t *input, int8_t *output, void *scratch)
{
    (void)scratch;
    if (params->reduced1_stride == 1) {
        ss_mean_lines(params, line_of_runs, input, output);
    } else {
        ss_mean_lines(params, line_of_neighbours, input, output);
    }
}

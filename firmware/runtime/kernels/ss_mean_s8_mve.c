/*
 * MEAN for Helium: a run of neighbouring elements 16 at a time, or 16 and four neighbouring outputs at once. The packer hands this
 * kernel only shapes whose inner reduced axis or inner kept axis is contiguous, and factors without left shift.
 */
#include "ss_columns_mve.h"
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

static inline int32x4_t means(const ss_mean_params *params, int32x4_t totals)
{
    const int32x4_t shift = vdupq_n_s32(params->output_shift);
    const int32x4_t scaled = ss_requantize_uniform_mve(totals, params->output_multiplier, shift);
    const int32x4_t raised = vaddq_n_s32(scaled, params->output_zero_point);
    return ss_clamp_mve(raised, vdupq_n_s32(INT8_MIN), vdupq_n_s32(INT8_MAX));
}

static void line_of_neighbours(const ss_mean_params *params, const int8_t *input, int8_t *output)
{
    const ss_positions where = {params->reduced0_count, params->reduced1_count, params->reduced0_stride,
                                params->reduced1_stride};
    int32_t left = params->kept2_count;
    for (; left >= 16; left -= 16) {
        const ss_sixteen_sums totals = ss_sum_sixteen_channels(input, where, params->offset);
        vstrbq_s32(output, means(params, totals.sum0));
        vstrbq_s32(output + 4, means(params, totals.sum1));
        vstrbq_s32(output + 8, means(params, totals.sum2));
        vstrbq_s32(output + 12, means(params, totals.sum3));
        input += 16;
        output += 16;
    }
    for (; left > 0; left -= LANES) {
        const mve_pred16_t lanes = vctp32q((uint32_t)left);
        const int32x4_t totals = ss_sum_four_channels(input, where, params->offset, lanes);
        vstrbq_p_s32(output, means(params, totals), lanes);
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

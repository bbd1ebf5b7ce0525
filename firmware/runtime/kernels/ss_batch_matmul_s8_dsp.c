/*
 * The packer hands this kernel only products whose left rows are contiguous, whose right side is contiguous along depth or
 * along columns, that shift right by 1 or more and whose accumulators stay below 2^30.
 */
#include "ss_kernels.h"
#include "ss_matmul_dsp.h"

enum { LANES = 4 };

/* One row of the output as dot products: the right side is contiguous along depth. */
static void row_of_dots(const ss_batch_matmul_params *params, const int8_t *left, const int8_t *right,
                        int16_t *widened, int8_t *output)
{
    const ss_rescaling constants = {params->output_multiplier, -params->output_shift, params->output_zero_point};
    const int32_t depth = params->depth;
    const int32_t stride = params->rhs_column_stride;
    const int32_t sum = ss_widen_for_dot(left, params->lhs_zero_point, depth, widened);
    const int32_t bias = -params->rhs_zero_point * sum;
    int32_t n = 0;
    for (; n + LANES <= params->columns; n += LANES) {
        const ss_four_sums dots = ss_dot_four(widened, right + n * stride, stride, depth, bias);
        output[n] = (int8_t)ss_rescale(constants, dots.sum0);
        output[n + 1] = (int8_t)ss_rescale(constants, dots.sum1);
        output[n + 2] = (int8_t)ss_rescale(constants, dots.sum2);
        output[n + 3] = (int8_t)ss_rescale(constants, dots.sum3);
    }
    for (; n < params->columns; ++n) {
        output[n] = (int8_t)ss_rescale(constants, ss_dot_one(widened, right + n * stride, depth, bias));
    }
}

/* One row of the output as a mix of the right side's rows, which are contiguous along columns. */
static void row_of_mixes(const ss_batch_matmul_params *params, const int8_t *left, const int8_t *right,
                         int16_t *factors, int8_t *output)
{
    const ss_rescaling constants = {params->output_multiplier, -params->output_shift, params->output_zero_point};
    const int32_t depth = params->depth;
    const int32_t stride = params->rhs_depth_stride;
    int32_t sum = 0;
    for (int32_t k = 0; k < depth; ++k) {
        factors[k] = (int16_t)(left[k] - params->lhs_zero_point);
        sum += factors[k];
    }
    const int32_t bias = -params->rhs_zero_point * sum;
    int32_t n = 0;
    for (; n + LANES <= params->columns; n += LANES) {
        const ss_four_sums mix = ss_mix_four(factors, right + n, stride, depth, bias);
        output[n] = (int8_t)ss_rescale(constants, mix.sum0);
        output[n + 1] = (int8_t)ss_rescale(constants, mix.sum1);
        output[n + 2] = (int8_t)ss_rescale(constants, mix.sum2);
        output[n + 3] = (int8_t)ss_rescale(constants, mix.sum3);
    }
    for (; n < params->columns; ++n) {
        output[n] = (int8_t)ss_rescale(constants, ss_mix_one(factors, right + n, stride, depth, bias));
    }
}

void ss_batch_matmul_s8_dsp(const ss_batch_matmul_params *params, const int8_t *lhs, const int8_t *rhs, int8_t *output,
                            void *scratch)
{
    for (int32_t b = 0; b < params->batches; ++b) {
        const int8_t *const right = rhs + b * params->rhs_batch_stride;
        for (int32_t m = 0; m < params->rows; ++m) {
            const int8_t *const left = lhs + b * params->lhs_batch_stride + m * params->lhs_row_stride;
            if (params->rhs_depth_stride == 1) {
                row_of_dots(params, left, right, scratch, output);
            } else {
                row_of_mixes(params, left, right, scratch, output);
            }
            output += params->columns;
        }
    }
}

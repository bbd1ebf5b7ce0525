#include "ss_kernels.h"
#include "ss_requantize.h"

static int32_t dot(const ss_batch_matmul_params *params, const int8_t *lhs, const int8_t *rhs)
{
    int32_t accumulator = 0;
    for (int32_t k = 0; k < params->depth; ++k) {
        const int32_t left = lhs[k * params->lhs_depth_stride] - params->lhs_zero_point;
        const int32_t right = rhs[k * params->rhs_depth_stride] - params->rhs_zero_point;
        accumulator += left * right;
    }
    return accumulator;
}

void ss_batch_matmul_s8_ref(const ss_batch_matmul_params *params, const int8_t *lhs, const int8_t *rhs, int8_t *output,
                            void *scratch)
{
    (void)scratch;
    for (int32_t b = 0; b < params->batches; ++b) {
        for (int32_t m = 0; m < params->rows; ++m) {
            const int8_t *row = lhs + b * params->lhs_batch_stride + m * params->lhs_row_stride;
            for (int32_t n = 0; n < params->columns; ++n) {
                const int8_t *column = rhs + b * params->rhs_batch_stride + n * params->rhs_column_stride;
                const int32_t scaled =
                    ss_requantize(dot(params, row, column), params->output_multiplier, params->output_shift);
                *output++ = (int8_t)ss_clamp(scaled + params->output_zero_point, INT8_MIN, INT8_MAX);
            }
        }
    }
}

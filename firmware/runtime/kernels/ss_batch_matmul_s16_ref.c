#include "ss_kernels_s16.h"
#include "ss_requantize_wide.h"

static int64_t dot(const ss_batch_matmul_params *params, const int16_t *lhs, const int16_t *rhs)
{
    int64_t sum = 0;
    for (int32_t k = 0; k < params->depth; ++k) {
        sum += lhs[k * params->lhs_depth_stride] * rhs[k * params->rhs_depth_stride];
    }
    return sum;
}

void ss_batch_matmul_s16_ref(const ss_batch_matmul_params *params, const int16_t *lhs, const int16_t *rhs,
                             int16_t *output, void *scratch)
{
    (void)scratch;
    for (int32_t b = 0; b < params->batches; ++b) {
        for (int32_t m = 0; m < params->rows; ++m) {
            const int16_t *row = lhs + b * params->lhs_batch_stride + m * params->lhs_row_stride;
            for (int32_t n = 0; n < params->columns; ++n) {
                const int16_t *column = rhs + b * params->rhs_batch_stride + n * params->rhs_column_stride;
                const int32_t scaled =
                    ss_requantize_wide(dot(params, row, column), params->output_multiplier, params->output_shift);
                *output++ = (int16_t)ss_clamp(scaled, INT16_MIN, INT16_MAX);
            }
        }
    }
}

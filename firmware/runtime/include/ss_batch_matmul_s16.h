/*
 * BATCH_MATMUL on int16 activations, the loop that its kernels share; they differ in the inner products.
 */
#ifndef SS_BATCH_MATMUL_S16_H
#define SS_BATCH_MATMUL_S16_H

#include "ss_kernels_s16.h"
#include "ss_requantize_wide.h"

/* sum_k lhs[k * lhs_depth_stride] * rhs[k * rhs_depth_stride] in 64 bits. */
typedef int64_t ss_dot_columns(const ss_batch_matmul_params *params, const int16_t *lhs, const int16_t *rhs);

static inline __attribute__((always_inline)) void ss_batch_matmul_s16(ss_dot_columns *dot,
                                                                      const ss_batch_matmul_params *params,
                                                                      const int16_t *lhs, const int16_t *rhs, int16_t *output)
{
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

#endif

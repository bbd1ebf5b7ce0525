#include "ss_batch_matmul_s16.h"

static inline int64_t dot(const ss_batch_matmul_params *params, const int16_t *lhs, const int16_t *rhs)
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
    ss_batch_matmul_s16(dot, params, lhs, rhs, output);
}

#include "ss_batch_matmul_s16.h"
#include "ss_dot_wide_dsp.h"

/* Left rows are contiguous. Two rows of a right side that is contiguous along its columns are put together to pairs. */
static inline int64_t dot(const ss_batch_matmul_params *params, const int16_t *lhs, const int16_t *rhs)
{
    const int32_t stride = params->rhs_depth_stride;
    int64_t sum = 0;
    int32_t k = params->depth;
    if (stride == 1) {
        for (; k >= 2; k -= 2) {
            sum = ss_smlald(ss_load_two_s16(lhs), ss_load_two_s16(rhs), sum);
            lhs += 2;
            rhs += 2;
        }
    }
    for (; k >= 2; k -= 2) {
        const uint32_t pair = ss_low_halves((uint16_t)rhs[0], (uint16_t)rhs[stride]);
        sum = ss_smlald(ss_load_two_s16(lhs), pair, sum);
        lhs += 2;
        rhs += 2 * stride;
    }
    return k > 0 ? sum + *lhs * *rhs : sum;
}

void ss_batch_matmul_s16_dsp(const ss_batch_matmul_params *params, const int16_t *lhs, const int16_t *rhs,
                             int16_t *output, void *scratch)
{
    (void)scratch;
    ss_batch_matmul_s16(dot, params, lhs, rhs, output);
}

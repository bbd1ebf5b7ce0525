#include "ss_batch_matmul_s16.h"
#include "ss_mve.h"

/* Left rows are contiguous. A right side that is contiguous along its columns is gathered, eight rows apart by the stride. */
static inline int64_t dot(const ss_batch_matmul_params *params, const int16_t *lhs, const int16_t *rhs)
{
    const int32_t stride = params->rhs_depth_stride;
    const uint16x8_t offsets = vmulq_n_u16(vidupq_n_u16(0, 1), (uint16_t)stride);
    int64_t sum = 0;
    for (int32_t k = params->depth; k > 0; k -= 8) {
        const mve_pred16_t inside = vctp16q((uint32_t)k);
        const int16x8_t row = vldrhq_z_s16(lhs, inside);
        const int16x8_t column = stride == 1 ? vldrhq_z_s16(rhs, inside)
                                             : vldrhq_gather_shifted_offset_z_s16(rhs, offsets, inside);
        sum = vmlaldavaq_s16(sum, row, column);
        lhs += 8;
        rhs += 8 * stride;
    }
    return sum;
}

void ss_batch_matmul_s16_mve(const ss_batch_matmul_params *params, const int16_t *lhs, const int16_t *rhs,
                             int16_t *output, void *scratch)
{
    (void)scratch;
    ss_batch_matmul_s16(dot, params, lhs, rhs, output);
}

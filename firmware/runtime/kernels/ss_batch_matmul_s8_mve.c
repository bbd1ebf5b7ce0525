/*
 * The packer hands this kernel only products whose left rows are contiguous, whose right side is contiguous along depth or
 * along columns, and that do not shift left.
 */
#include "ss_kernels.h"
#include "ss_mve.h"

enum { LANES = 4, BYTES = 16 };

static inline int32x4_t rescale(const ss_batch_matmul_params *params, int32x4_t accumulator)
{
    const int32x4_t scaled = ss_requantize_uniform_mve(accumulator, params->output_multiplier,
                                                       vdupq_n_s32(params->output_shift));
    return ss_clamp_mve(vaddq_n_s32(scaled, params->output_zero_point), vdupq_n_s32(INT8_MIN),
                        vdupq_n_s32(INT8_MAX));
}

/* sum of (left - left zero point) * right along contiguous bytes. */
static inline int32_t dot(const int8_t *left, const int8_t *right, int32_t depth, int32_t left_zero_point)
{
    int32_t products = 0;
    int32_t rights = 0;
    for (; depth >= BYTES; depth -= BYTES, left += BYTES, right += BYTES) {
        const int8x16_t r = vldrbq_s8(right);
        products = vmladavaq_s8(products, vldrbq_s8(left), r);
        rights = vaddvaq_s8(rights, r);
    }
    if (depth > 0) {
        const mve_pred16_t lanes = vctp8q((uint32_t)depth);
        const int8x16_t r = vldrbq_z_s8(right, lanes);
        products = vmladavaq_s8(products, vldrbq_z_s8(left, lanes), r);
        rights = vaddvaq_s8(rights, r);
    }
    return products - left_zero_point * rights;
}

static inline int32_t sum_of(const int8_t *left, int32_t depth)
{
    int32_t sum = 0;
    for (; depth > 0; depth -= BYTES, left += BYTES) {
        sum = vaddvaq_s8(sum, vldrbq_z_s8(left, vctp8q((uint32_t)depth)));
    }
    return sum;
}

/* Four dot products; columns past the last repeat it. */
static inline int32x4_t four_dots(const ss_batch_matmul_params *params, const int8_t *left, const int8_t *right,
                                  int32_t columns)
{
    const int32_t stride = params->rhs_column_stride;
    const int32_t depth = params->depth;
    const int32_t point = params->lhs_zero_point;
    const int8_t *const last = right + (columns - 1) * stride;
    return ss_four_lanes_mve(dot(left, right, depth, point),
                             dot(left, columns > 1 ? right + stride : last, depth, point),
                             dot(left, columns > 2 ? right + 2 * stride : last, depth, point),
                             dot(left, columns > 3 ? right + 3 * stride : last, depth, point));
}

/* Four neighbouring columns of the sum of the right side's rows, each times its element of the left row. */
static inline int32x4_t four_mixes(const ss_batch_matmul_params *params, const int8_t *left, const int8_t *right,
                                   mve_pred16_t lanes)
{
    int32x4_t sum = vdupq_n_s32(0);
    for (int32_t k = 0; k < params->depth; ++k) {
        sum = vmlaq_n_s32(sum, vldrbq_z_s32(right, lanes), left[k] - params->lhs_zero_point);
        right += params->rhs_depth_stride;
    }
    return sum;
}

static void one_row(const ss_batch_matmul_params *params, const int8_t *left, const int8_t *right, int8_t *output)
{
    const int32_t sum = sum_of(left, params->depth) - params->depth * params->lhs_zero_point;
    const int32_t bias = -params->rhs_zero_point * sum;
    for (int32_t n = 0; n < params->columns; n += LANES) {
        const int32_t columns = params->columns - n;
        const mve_pred16_t lanes = vctp32q((uint32_t)columns);
        const int32x4_t products = params->rhs_depth_stride == 1
                                       ? four_dots(params, left, right + n * params->rhs_column_stride, columns)
                                       : four_mixes(params, left, right + n, lanes);
        vstrbq_p_s32(output + n, rescale(params, vaddq_n_s32(products, bias)), lanes);
    }
}

void ss_batch_matmul_s8_mve(const ss_batch_matmul_params *params, const int8_t *lhs, const int8_t *rhs, int8_t *output,
                            void *scratch)
{
    (void)scratch;
    for (int32_t b = 0; b < params->batches; ++b) {
        const int8_t *const right = rhs + b * params->rhs_batch_stride;
        for (int32_t m = 0; m < params->rows; ++m) {
            const int8_t *const left = lhs + b * params->lhs_batch_stride + m * params->lhs_row_stride;
            one_row(params, left, right, output);
            output += params->columns;
        }
    }
}

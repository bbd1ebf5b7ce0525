/*
 * Sums down the channels of an image for Helium: what MEAN and AVERAGE_POOL_2D share.
 */
#ifndef SS_COLUMNS_MVE_H
#define SS_COLUMNS_MVE_H

#include <arm_mve.h>
#include <stdint.h>

/* The positions whose elements are summed: `rows` rows of `columns`, strides in elements. */
typedef struct {
    int32_t rows;
    int32_t columns;
    int32_t row_stride;
    int32_t column_stride;
} ss_positions;

/* Separate members, so that they stay in registers. */
typedef struct {
    int32x4_t sum0;
    int32x4_t sum1;
    int32x4_t sum2;
    int32x4_t sum3;
} ss_sixteen_sums;

/* start + the sums of 16 neighbouring channels. */
static inline ss_sixteen_sums ss_sum_sixteen_channels(const int8_t *first, ss_positions where, int32_t start)
{
    const int32x4_t begin = vdupq_n_s32(start);
    ss_sixteen_sums s = {begin, begin, begin, begin};
    for (int32_t row = where.rows; row > 0; --row) {
        const int8_t *position = first;
        for (int32_t column = where.columns; column > 0; --column) {
            s.sum0 = vaddq_s32(s.sum0, vldrbq_s32(position));
            s.sum1 = vaddq_s32(s.sum1, vldrbq_s32(position + 4));
            s.sum2 = vaddq_s32(s.sum2, vldrbq_s32(position + 8));
            s.sum3 = vaddq_s32(s.sum3, vldrbq_s32(position + 12));
            position += where.column_stride;
        }
        first += where.row_stride;
    }
    return s;
}

/* The same of up to four channels. */
static inline int32x4_t ss_sum_four_channels(const int8_t *first, ss_positions where, int32_t start,
                                             mve_pred16_t lanes)
{
    int32x4_t sum = vdupq_n_s32(start);
    for (int32_t row = where.rows; row > 0; --row) {
        const int8_t *position = first;
        for (int32_t column = where.columns; column > 0; --column) {
            sum = vaddq_s32(sum, vldrbq_z_s32(position, lanes));
            position += where.column_stride;
        }
        first += where.row_stride;
    }
    return sum;
}

#endif

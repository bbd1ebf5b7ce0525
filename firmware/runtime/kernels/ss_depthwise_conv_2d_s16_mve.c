/* Eight channels at a time: VMULLB multiplies the even lanes, VMULLT the odd ones. */
#include "ss_depthwise_conv_2d_s16.h"
#include "ss_mve.h"

static inline void sum_channels(const ss_taps *taps, int32_t weights_row, int32_t channels, const int16_t *image,
                                const int8_t *weights, int32_t count, int32_t sums[SS_DEPTHWISE_S16_LANES])
{
    const mve_pred16_t inside = vctp16q((uint32_t)count);
    int32x4x2_t lanes = {{vdupq_n_s32(0), vdupq_n_s32(0)}};
    for (int32_t row = 0; row < taps->rows; ++row) {
        const int16_t *values = image + row * taps->image_row;
        const int8_t *tap = weights + row * weights_row;
        for (int32_t column = taps->columns; column > 0; --column) {
            const int16x8_t value = vldrhq_z_s16(values, inside), weight = vldrbq_z_s16(tap, inside);
            lanes.val[0] = vaddq_s32(lanes.val[0], vmullbq_int_s16(value, weight));
            lanes.val[1] = vaddq_s32(lanes.val[1], vmulltq_int_s16(value, weight));
            values += taps->image_column;
            tap += channels;
        }
    }
    vst2q_s32(sums, lanes);
}

void ss_depthwise_conv_2d_s16_mve(const ss_conv_2d_s16_params *params, const int16_t *input, int16_t *output,
                                  void *scratch)
{
    (void)scratch;
    ss_depthwise_conv_2d_s16(sum_channels, params, input, output);
}

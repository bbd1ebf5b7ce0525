/* Four channels at a time: a word of weights is widened once and multiplied half by half. */
#include "ss_depthwise_conv_2d_s16.h"
#include "ss_dot_wide_dsp.h"

static inline void four_channels(const ss_taps *taps, int32_t weights_row, int32_t channels, const int16_t *image,
                                 const int8_t *weights, int32_t sums[4])
{
    int32_t sum0 = 0, sum1 = 0, sum2 = 0, sum3 = 0;
    for (int32_t row = 0; row < taps->rows; ++row) {
        const int16_t *values = image + row * taps->image_row;
        const int8_t *tap = weights + row * weights_row;
        for (int32_t column = taps->columns; column > 0; --column) {
            const uint32_t low = ss_load_two_s16(values), high = ss_load_two_s16(values + 2), four = ss_load_four(tap);
            const uint32_t even = ss_widen_even(four), odd = ss_widen_odd(four);
            sum0 = ss_smlabb(even, low, sum0);
            sum1 = ss_smlabt(odd, low, sum1);
            sum2 = ss_smlatb(even, high, sum2);
            sum3 = ss_smlatt(odd, high, sum3);
            values += taps->image_column;
            tap += channels;
        }
    }
    sums[0] = sum0;
    sums[1] = sum1;
    sums[2] = sum2;
    sums[3] = sum3;
}

static inline int32_t one_channel(const ss_taps *taps, int32_t weights_row, int32_t channels, const int16_t *image,
                                  const int8_t *weights)
{
    int32_t sum = 0;
    for (int32_t row = 0; row < taps->rows; ++row) {
        const int16_t *values = image + row * taps->image_row;
        const int8_t *tap = weights + row * weights_row;
        for (int32_t column = taps->columns; column > 0; --column) {
            sum += *tap * *values;
            values += taps->image_column;
            tap += channels;
        }
    }
    return sum;
}

static inline void sum_channels(const ss_taps *taps, int32_t weights_row, int32_t channels, const int16_t *image,
                                const int8_t *weights, int32_t count, int32_t sums[SS_DEPTHWISE_S16_LANES])
{
    int32_t first = 0;
    for (; first + 4 <= count; first += 4) {
        four_channels(taps, weights_row, channels, image + first, weights + first, sums + first);
    }
    for (; first < count; ++first) {
        sums[first] = one_channel(taps, weights_row, channels, image + first, weights + first);
    }
}

void ss_depthwise_conv_2d_s16_dsp(const ss_conv_2d_s16_params *params, const int16_t *input, int16_t *output,
                                  void *scratch)
{
    (void)scratch;
    ss_depthwise_conv_2d_s16(sum_channels, params, input, output);
}

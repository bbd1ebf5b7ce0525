/*
 * The packer hands this kernel only layers whose channels all shift right by 1 or more and whose accumulators stay
 * below 2^30.
 */
#include "ss_dsp.h"
#include "ss_kernels.h"
#include "ss_requantize.h"

enum { LANES = 4 };

/* Rescaling constants of neighbouring channels. */
typedef struct {
    const int32_t *multiplier;
    const int8_t *shift;
    int32_t zero_point;
} rescaling;

static inline int8_t rescale(rescaling constants, int32_t channel, int32_t accumulator)
{
    const int32_t product = ss_smmulr(ss_shift_left(accumulator, 1), constants.multiplier[channel]);
    const int32_t scaled = ss_divide_and_offset(product, -constants.shift[channel], constants.zero_point);
    return (int8_t)ss_saturate_s8(scaled);
}

/* Accumulators of four neighbouring channels; separate members, so that they stay in registers. */
typedef struct {
    int32_t channel0;
    int32_t channel1;
    int32_t channel2;
    int32_t channel3;
} four_sums;

/* Adds `taps` products, rows and weights in consecutive order. */
static inline four_sums accumulate(four_sums sums, const int8_t *row, int32_t row_stride, const int8_t *weights,
                                   int32_t channels, int32_t taps)
{
    for (; taps > 0; --taps) {
        const uint32_t x = ss_load_four(row);
        const uint32_t w = ss_load_four(weights);
        const uint32_t x_even = ss_widen_even(x);
        const uint32_t w_even = ss_widen_even(w);
        const uint32_t x_odd = ss_widen_odd(x);
        const uint32_t w_odd = ss_widen_odd(w);
        sums.channel0 = ss_smlabb(x_even, w_even, sums.channel0);
        sums.channel1 = ss_smlabb(x_odd, w_odd, sums.channel1);
        sums.channel2 = ss_smlatt(x_even, w_even, sums.channel2);
        sums.channel3 = ss_smlatt(x_odd, w_odd, sums.channel3);
        row += row_stride;
        weights += channels;
    }
    return sums;
}

static inline void four_channels(const ss_depthwise_ring_params *params, const int8_t *ring, int32_t oldest,
                                 int32_t channel, int8_t *output)
{
    const int32_t stride = params->row_stride;
    const int32_t older = params->taps - oldest;
    const int8_t *weights = params->weights + channel;
    const int32_t *bias = params->bias + channel;
    four_sums sums = {bias[0], bias[1], bias[2], bias[3]};
    sums = accumulate(sums, ring + channel + oldest * stride, stride, weights, params->channels, older);
    weights += older * params->channels;
    sums = accumulate(sums, ring + channel, stride, weights, params->channels, oldest);
    const rescaling constants = {params->multiplier + channel, params->shift + channel, params->output_zero_point};
    output += channel;
    output[0] = rescale(constants, 0, sums.channel0);
    output[1] = rescale(constants, 1, sums.channel1);
    output[2] = rescale(constants, 2, sums.channel2);
    output[3] = rescale(constants, 3, sums.channel3);
}

static void one_channel(const ss_depthwise_ring_params *params, const int8_t *ring, int32_t oldest, int32_t channel,
                        int8_t *output)
{
    int32_t accumulator = params->bias[channel];
    int32_t row = oldest;
    for (int32_t t = 0; t < params->taps; ++t) {
        accumulator += (int32_t)params->weights[t * params->channels + channel] *
                       ring[row * params->row_stride + channel];
        row = row + 1 == params->taps ? 0 : row + 1;
    }
    const rescaling constants = {params->multiplier, params->shift, params->output_zero_point};
    output[channel] = rescale(constants, channel, accumulator);
}

void ss_depthwise_ring_s8_dsp(const ss_depthwise_ring_params *params, const int8_t *ring, int32_t oldest,
                              int8_t *output, void *scratch)
{
    (void)scratch;
    int32_t channel = 0;
    for (; channel + LANES <= params->channels; channel += LANES) {
        four_channels(params, ring, oldest, channel, output);
    }
    for (; channel < params->channels; ++channel) {
        one_channel(params, ring, oldest, channel, output);
    }
    ss_narrow_in_place(output, params->channels, params->activation_min, params->activation_max);
}

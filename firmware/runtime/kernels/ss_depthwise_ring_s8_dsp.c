/*
 * The packer hands this kernel only layers whose channels all shift right by 1 or more and whose accumulators stay
 * below 2^30.
 */
#include "ss_dsp.h"
#include "ss_kernels.h"
#include "ss_requantize.h"

enum { LANES = 4 };

static int8_t rescale(const ss_depthwise_ring_params *params, int32_t channel, int32_t accumulator)
{
    const int32_t product = ss_smmulr(ss_shift_left(accumulator, 1), params->multiplier[channel]);
    const int32_t scaled = ss_divide_and_offset(product, -params->shift[channel], params->output_zero_point);
    return (int8_t)ss_clamp(scaled, params->activation_min, params->activation_max);
}

/* Adds `taps` products of four neighbouring channels, rows and weights in consecutive order. */
static inline void accumulate(int32_t accumulator[LANES], const int8_t *row, int32_t row_stride,
                              const int8_t *weights, int32_t channels, int32_t taps)
{
    for (; taps > 0; --taps) {
        const uint32_t x = ss_load_four(row);
        const uint32_t w = ss_load_four(weights);
        const uint32_t x_even = ss_widen_even(x);
        const uint32_t w_even = ss_widen_even(w);
        const uint32_t x_odd = ss_widen_odd(x);
        const uint32_t w_odd = ss_widen_odd(w);
        accumulator[0] = ss_smlabb(x_even, w_even, accumulator[0]);
        accumulator[1] = ss_smlabb(x_odd, w_odd, accumulator[1]);
        accumulator[2] = ss_smlatt(x_even, w_even, accumulator[2]);
        accumulator[3] = ss_smlatt(x_odd, w_odd, accumulator[3]);
        row += row_stride;
        weights += channels;
    }
}

static void four_channels(const ss_depthwise_ring_params *params, const int8_t *ring, int32_t oldest, int32_t channel,
                          int8_t *output)
{
    const int32_t stride = params->row_stride;
    const int32_t older = params->taps - oldest;
    const int8_t *weights = params->weights + channel;
    int32_t accumulator[LANES];
    for (int32_t i = 0; i < LANES; ++i) {
        accumulator[i] = params->bias[channel + i];
    }
    accumulate(accumulator, ring + channel + oldest * stride, stride, weights, params->channels, older);
    accumulate(accumulator, ring + channel, stride, weights + older * params->channels, params->channels, oldest);
    for (int32_t i = 0; i < LANES; ++i) {
        output[channel + i] = rescale(params, channel + i, accumulator[i]);
    }
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
    output[channel] = rescale(params, channel, accumulator);
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
}

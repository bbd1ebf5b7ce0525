/*
 * DEPTHWISE_CONV_2D on int16 activations with one output a channel: the loop that the fast kernels share. They sum some channels
 * at a time in 32 bits, which hold the products of at most 511 taps.
 */
#ifndef SS_DEPTHWISE_CONV_2D_S16_H
#define SS_DEPTHWISE_CONV_2D_S16_H

#include "ss_kernels_s16.h"
#include "ss_requantize_wide.h"
#include "ss_taps.h"

enum { SS_DEPTHWISE_S16_LANES = 8 };

/* Sums of `count` channels, at most SS_DEPTHWISE_S16_LANES, from the first of which image and weights point. */
typedef void ss_depthwise_taps(const ss_taps *taps, int32_t weights_row, int32_t channels, const int16_t *image,
                               const int8_t *weights, int32_t count, int32_t sums[SS_DEPTHWISE_S16_LANES]);

static inline __attribute__((always_inline)) void ss_depthwise_s16_window(ss_depthwise_taps *sum,
                                                                          const ss_conv_2d_s16_params *params,
                                                                          const ss_taps *taps, const int16_t *image,
                                                                          int16_t *output)
{
    const ss_fully_connected_s16_params *const layer = &params->layer;
    const int32_t channels = layer->output_size, weights_row = params->window.kernel_columns * channels;
    for (int32_t first = 0; first < channels; first += SS_DEPTHWISE_S16_LANES) {
        const int32_t left = channels - first;
        const int32_t count = left < SS_DEPTHWISE_S16_LANES ? left : SS_DEPTHWISE_S16_LANES;
        int32_t sums[SS_DEPTHWISE_S16_LANES] = {0};
        sum(taps, weights_row, channels, image + taps->image + first, layer->weights + taps->window + first, count, sums);
        for (int32_t i = 0; i < count; ++i) {
            const int32_t n = first + i;
            const int32_t scaled = ss_requantize_wide(layer->bias[n] + sums[i], layer->multiplier[n], layer->shift[n]);
            output[n] = (int16_t)ss_clamp(scaled, layer->activation_min, layer->activation_max);
        }
    }
}

static inline __attribute__((always_inline)) void ss_depthwise_conv_2d_s16(ss_depthwise_taps *sum,
                                                                           const ss_conv_2d_s16_params *params,
                                                                           const int16_t *input, int16_t *output)
{
    const ss_window *const window = &params->window;
    for (int32_t batch = 0; batch < window->batches; ++batch) {
        for (int32_t y = 0; y < window->output_rows; ++y) {
            for (int32_t x = 0; x < window->output_columns; ++x) {
                const ss_taps taps = ss_taps_inside(window, y, x);
                ss_depthwise_s16_window(sum, params, &taps, input, output);
                output += params->layer.output_size;
            }
        }
        input += window->image_rows * window->image_columns * window->channels;
    }
}

#endif

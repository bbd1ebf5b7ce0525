/*
 * CONV_2D on int16 activations, the part that its kernels share; they differ in the inner products.
 */
#ifndef SS_CONV_2D_S16_H
#define SS_CONV_2D_S16_H

#include "ss_dot_wide.h"
#include "ss_layer_s16.h"
#include "ss_taps.h"

/* One window times two rows of weights, added to sums. Taps that are neighbours in the image are one inner product. */
static inline __attribute__((always_inline)) void ss_conv_2d_s16_two(ss_dot_two *dot, const ss_window *window,
                                                                     const ss_taps *taps, const int16_t *image,
                                                                     const int8_t *first, const int8_t *second,
                                                                     int64_t sums[2])
{
    const int32_t is_joined = taps->image_column == window->channels;
    const int32_t pieces = is_joined ? 1 : taps->columns;
    const int32_t length = is_joined ? taps->columns * window->channels : window->channels;
    for (int32_t row = 0; row < taps->rows; ++row) {
        const int32_t at = taps->window + row * window->kernel_columns * window->channels;
        const int16_t *const values = image + taps->image + row * taps->image_row;
        for (int32_t piece = 0; piece < pieces; ++piece) {
            dot(first + at + piece * length, second + at + piece * length, values + piece * taps->image_column, length, sums);
        }
    }
}

/* All outputs of one window; an odd last row is taken twice. */
static inline __attribute__((always_inline)) void ss_conv_2d_s16_window(ss_dot_two *dot, const ss_conv_2d_s16_params *params,
                                                                        const ss_taps *taps, const int16_t *image,
                                                                        int16_t *output)
{
    const ss_fully_connected_s16_params *const layer = &params->layer;
    for (int32_t n = 0; n < layer->output_size; n += 2) {
        const int32_t other = n + 1 < layer->output_size ? n + 1 : n;
        int64_t sums[2] = {layer->bias[n], layer->bias[other]};
        ss_conv_2d_s16_two(dot, &params->window, taps, image, layer->weights + n * layer->input_size,
                           layer->weights + other * layer->input_size, sums);
        output[n] = ss_layer_output_s16(layer, n, sums[0]);
        output[other] = ss_layer_output_s16(layer, other, sums[1]);
    }
}

static inline __attribute__((always_inline)) void ss_conv_2d_s16(ss_dot_two *dot, const ss_conv_2d_s16_params *params,
                                                                 const int16_t *input, int16_t *output)
{
    const ss_window *const window = &params->window;
    for (int32_t batch = 0; batch < window->batches; ++batch) {
        for (int32_t y = 0; y < window->output_rows; ++y) {
            for (int32_t x = 0; x < window->output_columns; ++x) {
                const ss_taps taps = ss_taps_inside(window, y, x);
                ss_conv_2d_s16_window(dot, params, &taps, input, output);
                output += params->layer.output_size;
            }
        }
        input += window->image_rows * window->image_columns * window->channels;
    }
}

#endif

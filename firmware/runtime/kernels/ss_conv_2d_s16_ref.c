#include "ss_kernels_s16.h"
#include "ss_requantize_wide.h"

/* One output of one window; positions outside the image count as 0, the zero point. */
static int64_t windowed(const ss_window *window, const int16_t *image, int32_t top, int32_t left, const int8_t *weights)
{
    int64_t sum = 0;
    for (int32_t i = 0; i < window->kernel_rows; ++i) {
        const int32_t row = top + i * window->dilation_rows;
        for (int32_t j = 0; j < window->kernel_columns; ++j) {
            const int32_t column = left + j * window->dilation_columns;
            if (row >= 0 && row < window->image_rows && column >= 0 && column < window->image_columns) {
                const int16_t *const position = image + (row * window->image_columns + column) * window->channels;
                for (int32_t c = 0; c < window->channels; ++c) {
                    sum += weights[c] * position[c];
                }
            }
            weights += window->channels;
        }
    }
    return sum;
}

void ss_conv_2d_s16_ref(const ss_conv_2d_s16_params *params, const int16_t *input, int16_t *output, void *scratch)
{
    (void)scratch;
    const ss_window *const window = &params->window;
    const ss_fully_connected_s16_params *const layer = &params->layer;
    for (int32_t batch = 0; batch < window->batches; ++batch) {
        for (int32_t y = 0; y < window->output_rows; ++y) {
            for (int32_t x = 0; x < window->output_columns; ++x) {
                const int32_t top = y * window->stride_rows - window->padding_rows;
                const int32_t left = x * window->stride_columns - window->padding_columns;
                for (int32_t n = 0; n < layer->output_size; ++n) {
                    const int8_t *const weights = layer->weights + n * layer->input_size;
                    const int64_t sum = layer->bias[n] + windowed(window, input, top, left, weights);
                    const int32_t scaled =
                        ss_requantize_sum(sum, layer->multiplier[n], layer->shift[n], layer->is_wide);
                    *output++ = (int16_t)ss_clamp(scaled, layer->activation_min, layer->activation_max);
                }
            }
        }
        input += window->image_rows * window->image_columns * window->channels;
    }
}

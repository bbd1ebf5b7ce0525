#include "ss_kernels_s16.h"
#include "ss_requantize_wide.h"

/* Output n of one window, from input channel n / repeat; positions outside the image count as 0, the zero point. */
static int64_t windowed(const ss_conv_2d_s16_params *params, const int16_t *image, int32_t top, int32_t left, int32_t n)
{
    const ss_window *const window = &params->window;
    const int8_t *weights = params->layer.weights + n;
    const int16_t *const channel = image + n / window->repeat;
    int64_t sum = params->layer.bias[n];
    for (int32_t i = 0; i < window->kernel_rows; ++i) {
        const int32_t row = top + i * window->dilation_rows;
        for (int32_t j = 0; j < window->kernel_columns; ++j) {
            const int32_t column = left + j * window->dilation_columns;
            if (row >= 0 && row < window->image_rows && column >= 0 && column < window->image_columns) {
                sum += *weights * channel[(row * window->image_columns + column) * window->channels];
            }
            weights += params->layer.output_size;
        }
    }
    return sum;
}

void ss_depthwise_conv_2d_s16_ref(const ss_conv_2d_s16_params *params, const int16_t *input, int16_t *output,
                                  void *scratch)
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
                    const int64_t sum = windowed(params, input, top, left, n);
                    const int32_t scaled = ss_requantize_wide(sum, layer->multiplier[n], layer->shift[n]);
                    *output++ = (int16_t)ss_clamp(scaled, layer->activation_min, layer->activation_max);
                }
            }
        }
        input += window->image_rows * window->image_columns * window->channels;
    }
}

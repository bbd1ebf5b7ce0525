#include "ss_kernels_s16.h"
#include "ss_pool.h"
#include "ss_requantize.h"

/* Largest value of one channel. */
static int32_t pooled(const ss_window *window, const int16_t *image, ss_pool_box box, int32_t channel)
{
    int32_t largest = INT16_MIN;
    for (int32_t row = 0; row < box.rows; ++row) {
        const int16_t *position = image + box.offset + row * window->image_columns * window->channels + channel;
        for (int32_t column = 0; column < box.columns; ++column) {
            largest = *position > largest ? *position : largest;
            position += window->channels;
        }
    }
    return largest;
}

void ss_max_pool_s16_ref(const ss_pool_params *params, const int16_t *input, int16_t *output, void *scratch)
{
    (void)scratch;
    const ss_window *window = &params->window;
    for (int32_t batch = 0; batch < window->batches; ++batch) {
        for (int32_t y = 0; y < window->output_rows; ++y) {
            for (int32_t x = 0; x < window->output_columns; ++x) {
                const ss_pool_box box = ss_pool_inside(window, (const int8_t *)input, y, x);
                for (int32_t c = 0; c < window->channels; ++c) {
                    const int32_t value = pooled(window, input, box, c);
                    *output++ = (int16_t)ss_clamp(value, params->activation_min, params->activation_max);
                }
            }
        }
        input += window->image_rows * window->image_columns * window->channels;
    }
}

/* MAX_POOL_2D for the DSP extension: four channels at once. */
#include "ss_dsp.h"
#include "ss_kernels.h"
#include "ss_pool.h"
#include "ss_requantize.h"

static const uint32_t SMALLEST = 0x80808080U;

static uint32_t largest_of_four(const ss_window *window, ss_pool_box box, int32_t channel)
{
    uint32_t found = SMALLEST;
    for (int32_t row = 0; row < box.rows; ++row) {
        const int8_t *position = box.first + row * window->image_columns * window->channels + channel;
        for (int32_t column = box.columns; column > 0; --column) {
            found = ss_maximum_s8x4(found, ss_load_four(position));
            position += window->channels;
        }
    }
    return found;
}

static int8_t largest_of_one(const ss_window *window, ss_pool_box box, int32_t channel)
{
    int8_t found = INT8_MIN;
    for (int32_t row = 0; row < box.rows; ++row) {
        const int8_t *position = box.first + row * window->image_columns * window->channels + channel;
        for (int32_t column = box.columns; column > 0; --column) {
            found = *position > found ? *position : found;
            position += window->channels;
        }
    }
    return found;
}

static void one_position(const ss_pool_params *params, ss_pool_box box, int8_t *output)
{
    const int32_t channels = params->window.channels;
    int32_t c = 0;
    for (; c + 4 <= channels; c += 4) {
        ss_store_four(output + c, largest_of_four(&params->window, box, c));
    }
    for (; c < channels; ++c) {
        output[c] = largest_of_one(&params->window, box, c);
    }
    ss_narrow_in_place(output, channels, params->activation_min, params->activation_max);
}

void ss_max_pool_s8_dsp(const ss_pool_params *params, const int8_t *input, int8_t *output, void *scratch)
{
    (void)scratch;
    const ss_window *window = &params->window;
    for (int32_t batch = 0; batch < window->batches; ++batch) {
        for (int32_t y = 0; y < window->output_rows; ++y) {
            for (int32_t x = 0; x < window->output_columns; ++x) {
                one_position(params, ss_pool_inside(window, input, y, x), output);
                output += window->channels;
            }
        }
        input += window->image_rows * window->image_columns * window->channels;
    }
}

/* AVERAGE_POOL_2D for the DSP extension: SXTAB takes four channels out of a word as it adds them. */
#include "ss_dsp.h"
#include "ss_kernels.h"
#include "ss_pool.h"
#include "ss_requantize.h"

static int8_t mean(const ss_pool_params *params, int32_t total, int32_t count)
{
    return (int8_t)ss_clamp(ss_rounded_quotient(total, count), params->activation_min, params->activation_max);
}

static void four_channels(const ss_pool_params *params, ss_pool_box box, int32_t channel, int8_t *output)
{
    const ss_window *window = &params->window;
    int32_t sum0 = 0;
    int32_t sum1 = 0;
    int32_t sum2 = 0;
    int32_t sum3 = 0;
    for (int32_t row = 0; row < box.rows; ++row) {
        const int8_t *position = box.first + row * window->image_columns * window->channels + channel;
        for (int32_t column = box.columns; column > 0; --column) {
            const uint32_t four = ss_load_four(position);
            sum0 += (int8_t)four;
            sum1 += (int8_t)(four >> 8);
            sum2 += (int8_t)(four >> 16);
            sum3 += (int8_t)(four >> 24);
            position += window->channels;
        }
    }
    const int32_t count = box.rows * box.columns;
    output[0] = mean(params, sum0, count);
    output[1] = mean(params, sum1, count);
    output[2] = mean(params, sum2, count);
    output[3] = mean(params, sum3, count);
}

static int32_t sum_of_one(const ss_window *window, ss_pool_box box, int32_t channel)
{
    int32_t total = 0;
    for (int32_t row = 0; row < box.rows; ++row) {
        const int8_t *position = box.first + row * window->image_columns * window->channels + channel;
        for (int32_t column = box.columns; column > 0; --column) {
            total += *position;
            position += window->channels;
        }
    }
    return total;
}

static void one_position(const ss_pool_params *params, ss_pool_box box, int8_t *output)
{
    const int32_t channels = params->window.channels;
    int32_t c = 0;
    for (; c + 4 <= channels; c += 4) {
        four_channels(params, box, c, output + c);
    }
    for (; c < channels; ++c) {
        output[c] = mean(params, sum_of_one(&params->window, box, c), box.rows * box.columns);
    }
}

void ss_average_pool_s8_dsp(const ss_pool_params *params, const int8_t *input, int8_t *output, void *scratch)
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

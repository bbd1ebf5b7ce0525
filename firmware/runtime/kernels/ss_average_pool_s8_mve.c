/* AVERAGE_POOL_2D for Helium: four channels at once; the division is the portable one, lane by lane. */
#include "ss_kernels.h"
#include "ss_mve.h"
#include "ss_pool.h"
#include "ss_requantize.h"

static int32x4_t sums(const ss_window *window, ss_pool_box box, int32_t channel, mve_pred16_t lanes)
{
    int32x4_t total = vdupq_n_s32(0);
    for (int32_t row = 0; row < box.rows; ++row) {
        const int8_t *position = box.first + row * window->image_columns * window->channels + channel;
        for (int32_t column = 0; column < box.columns; ++column) {
            total = vaddq_s32(total, vldrbq_z_s32(position, lanes));
            position += window->channels;
        }
    }
    return total;
}

static void one_position(const ss_pool_params *params, ss_pool_box box, int8_t *output)
{
    const int32_t count = box.rows * box.columns;
    for (int32_t c = 0; c < params->window.channels; c += 4) {
        const int32_t lanes = params->window.channels - c < 4 ? params->window.channels - c : 4;
        int32_t total[4];
        vstrwq_s32(total, sums(&params->window, box, c, vctp32q((uint32_t)lanes)));
        for (int32_t lane = 0; lane < lanes; ++lane) {
            const int32_t mean = ss_rounded_quotient(total[lane], count);
            output[c + lane] = (int8_t)ss_clamp(mean, params->activation_min, params->activation_max);
        }
    }
}

void ss_average_pool_s8_mve(const ss_pool_params *params, const int8_t *input, int8_t *output, void *scratch)
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

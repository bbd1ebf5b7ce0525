/* AVERAGE_POOL_2D for Helium: 16 channels at once, then four; the division is the portable one, lane by lane. */
#include "ss_columns_mve.h"
#include "ss_kernels.h"
#include "ss_pool.h"
#include "ss_requantize.h"

enum { TILE = 16, LANES = 4 };

static void divide(const ss_pool_params *params, const int32_t *totals, int32_t channels, int32_t count,
                   int8_t *output)
{
    for (int32_t c = 0; c < channels; ++c) {
        const int32_t mean = ss_rounded_quotient(totals[c], count);
        output[c] = (int8_t)ss_clamp(mean, params->activation_min, params->activation_max);
    }
}

static void one_position(const ss_pool_params *params, ss_pool_box box, int8_t *output)
{
    const int32_t channels = params->window.channels;
    const ss_positions where = {box.rows, box.columns, params->window.image_columns * channels, channels};
    const int32_t count = box.rows * box.columns;
    int32_t totals[TILE];
    int32_t c = 0;
    for (; c + TILE <= channels; c += TILE) {
        const ss_sixteen_sums sums = ss_sum_sixteen_channels(box.first + c, where, 0);
        vstrwq_s32(totals, sums.sum0);
        vstrwq_s32(totals + 4, sums.sum1);
        vstrwq_s32(totals + 8, sums.sum2);
        vstrwq_s32(totals + 12, sums.sum3);
        divide(params, totals, TILE, count, output + c);
    }
    for (; c < channels; c += LANES) {
        const int32_t lanes = channels - c < LANES ? channels - c : LANES;
        vstrwq_s32(totals, ss_sum_four_channels(box.first + c, where, 0, vctp32q((uint32_t)lanes)));
        divide(params, totals, lanes, count, output + c);
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

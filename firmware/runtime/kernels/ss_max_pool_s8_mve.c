/* MAX_POOL_2D for Helium: 16 channels at once. */
#include "ss_kernels.h"
#include "ss_mve.h"
#include "ss_pool.h"

static int8x16_t largest(const ss_window *window, ss_pool_box box, int32_t channel, mve_pred16_t lanes)
{
    int8x16_t found = vdupq_n_s8(INT8_MIN);
    for (int32_t row = 0; row < box.rows; ++row) {
        const int8_t *position = box.first + row * window->image_columns * window->channels + channel;
        for (int32_t column = 0; column < box.columns; ++column) {
            found = vmaxq_s8(found, vldrbq_z_s8(position, lanes));
            position += window->channels;
        }
    }
    return found;
}

static void one_position(const ss_pool_params *params, ss_pool_box box, int8_t *output)
{
    const int8x16_t low = vdupq_n_s8((int8_t)params->activation_min);
    const int8x16_t high = vdupq_n_s8((int8_t)params->activation_max);
    for (int32_t c = 0; c < params->window.channels; c += 16) {
        const mve_pred16_t lanes = vctp8q((uint32_t)(params->window.channels - c));
        const int8x16_t found = largest(&params->window, box, c, lanes);
        vstrbq_p_s8(output + c, vminq_s8(vmaxq_s8(found, low), high), lanes);
    }
}

void ss_max_pool_s8_mve(const ss_pool_params *params, const int8_t *input, int8_t *output, void *scratch)
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

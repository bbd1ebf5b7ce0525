/* MAX_POOL_2D for Helium: 32 or 16 channels at once. */
#include "ss_kernels.h"
#include "ss_mve.h"
#include "ss_pool.h"

/* Every search begins with the activation's minimum. */
static inline int8x16_t largest(const int8_t *first, ss_pool_box box, int32_t row_stride, int32_t column_stride,
                                int8x16_t low)
{
    int8x16_t found = low;
    for (int32_t row = box.rows; row > 0; --row) {
        const int8_t *position = first;
        for (int32_t column = box.columns; column > 0; --column) {
            found = vmaxq_s8(found, vldrbq_s8(position));
            position += column_stride;
        }
        first += row_stride;
    }
    return found;
}

/* 32 channels to output and output + 16. */
static inline void largest_of_two_tiles(const int8_t *first, ss_pool_box box, int32_t row_stride, int32_t column_stride,
                                        int8x16_t low, int8x16_t high, int8_t *output)
{
    int8x16_t found0 = low;
    int8x16_t found1 = low;
    for (int32_t row = box.rows; row > 0; --row) {
        const int8_t *position = first;
        for (int32_t column = box.columns; column > 0; --column) {
            found0 = vmaxq_s8(found0, vldrbq_s8(position));
            found1 = vmaxq_s8(found1, vldrbq_s8(position + 16));
            position += column_stride;
        }
        first += row_stride;
    }
    vstrbq_s8(output, vminq_s8(found0, high));
    vstrbq_s8(output + 16, vminq_s8(found1, high));
}

/* The last channels, fewer than 16. */
static inline int8x16_t largest_of_few(const int8_t *first, ss_pool_box box, int32_t row_stride, int32_t column_stride,
                                       int8x16_t low, mve_pred16_t lanes)
{
    int8x16_t found = low;
    for (int32_t row = box.rows; row > 0; --row) {
        const int8_t *position = first;
        for (int32_t column = box.columns; column > 0; --column) {
            found = vmaxq_s8(found, vldrbq_z_s8(position, lanes));
            position += column_stride;
        }
        first += row_stride;
    }
    return found;
}

static inline void one_position(const ss_pool_params *params, ss_pool_box box, int8x16_t low, int8x16_t high,
                                int8_t *output)
{
    const int32_t channels = params->window.channels;
    const int32_t row_stride = params->window.image_columns * channels;
    int32_t left = channels;
    for (; left >= 32; left -= 32) {
        largest_of_two_tiles(box.first, box, row_stride, channels, low, high, output);
        box.first += 32;
        output += 32;
    }
    if (left >= 16) {
        const int8x16_t found = largest(box.first, box, row_stride, channels, low);
        vstrbq_s8(output, vminq_s8(found, high));
        left -= 16;
        box.first += 16;
        output += 16;
    }
    if (left > 0) {
        const mve_pred16_t lanes = vctp8q((uint32_t)left);
        const int8x16_t found = largest_of_few(box.first, box, row_stride, channels, low, lanes);
        vstrbq_p_s8(output, vminq_s8(found, high), lanes);
    }
}

void ss_max_pool_s8_mve(const ss_pool_params *params, const int8_t *input, int8_t *output, void *scratch)
{
    (void)scratch;
    const ss_window *window = &params->window;
    const int8x16_t low = vdupq_n_s8((int8_t)params->activation_min);
    const int8x16_t high = vdupq_n_s8((int8_t)params->activation_max);
    for (int32_t batch = 0; batch < window->batches; ++batch) {
        for (int32_t y = 0; y < window->output_rows; ++y) {
            for (int32_t x = 0; x < window->output_columns; ++x) {
                one_position(params, ss_pool_inside(window, input, y, x), low, high, output);
                output += window->channels;
            }
        }
        input += window->image_rows * window->image_columns * window->channels;
    }
}

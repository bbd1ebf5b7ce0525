/*
 * The loop of a convolution over its windows. Inlined into each kernel, where the layer's kernel is a direct call.
 */
#ifndef SS_WINDOW_LOOP_H
#define SS_WINDOW_LOOP_H

#include "ss_kernels.h"

typedef void ss_window_layer(const void *layer, const int8_t *column, int8_t *output, void *scratch);

/* outputs: bytes that the layer writes a window. scratch: column_bytes of the window, then the layer's. */
static inline __attribute__((always_inline)) void ss_window_loop(const ss_window *window, ss_window_layer *run,
                                                                 const void *layer, int32_t outputs,
                                                                 const int8_t *image, int8_t *output, void *scratch)
{
    int8_t *const column = scratch;
    void *const rest = window->column_bytes > 0 ? column + window->column_bytes : scratch;
    const int32_t row_bytes = window->image_columns * window->channels;
    for (int32_t batch = 0; batch < window->batches; ++batch) {
        for (int32_t y = 0; y < window->output_rows; ++y) {
            const int8_t *piece = image + y * window->stride_rows * row_bytes;
            for (int32_t x = 0; x < window->output_columns; ++x) {
                if (window->column_bytes > 0) {
                    ss_window_s8_ref(window, image, y, x, column);
                    run(layer, column, output, rest);
                } else {
                    run(layer, piece, output, rest);
                    piece += window->stride_columns * window->channels;
                }
                output += outputs;
            }
        }
        image += window->image_rows * row_bytes;
    }
}

#endif

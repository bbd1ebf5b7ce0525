/*
 * The taps of a convolution's window that lie inside the image; the others count as 0, the zero point of int16.
 */
#ifndef SS_TAPS_H
#define SS_TAPS_H

#include "ss_kernels.h"

typedef struct {
    int32_t image;                     /* element number of the first tap inside, channel 0 */
    int32_t window;                    /* the same in the window */
    int32_t rows;                      /* of taps inside; none where rows or columns is not positive */
    int32_t columns;                   /* taps inside of a row */
    int32_t image_row;                 /* elements from one row of taps to the next */
    int32_t image_column;              /* elements from one tap of a row to the next */
} ss_taps;

/* Number of the first tap that is not before the image. */
static inline int32_t ss_first_tap(int32_t start, int32_t dilation)
{
    return start >= 0 ? 0 : (dilation - 1 - start) / dilation;
}

/* Number of the first tap behind the image, at most `taps`. */
static inline int32_t ss_end_tap(int32_t start, int32_t dilation, int32_t taps, int32_t size)
{
    const int32_t end = size > start ? (size - start + dilation - 1) / dilation : 0;
    return end < taps ? end : taps;
}

/* Taps of output position (y, x). Neighbouring rows that follow each other in image and window are one. */
static inline ss_taps ss_taps_inside(const ss_window *window, int32_t y, int32_t x)
{
    const int32_t top = y * window->stride_rows - window->padding_rows;
    const int32_t left = x * window->stride_columns - window->padding_columns;
    const int32_t row = ss_first_tap(top, window->dilation_rows);
    const int32_t column = ss_first_tap(left, window->dilation_columns);
    const int32_t channels = window->channels;
    ss_taps taps = {
        .image = ((top + row * window->dilation_rows) * window->image_columns + left + column * window->dilation_columns) *
                 channels,
        .window = (row * window->kernel_columns + column) * channels,
        .rows = ss_end_tap(top, window->dilation_rows, window->kernel_rows, window->image_rows) - row,
        .columns = ss_end_tap(left, window->dilation_columns, window->kernel_columns, window->image_columns) - column,
        .image_row = window->dilation_rows * window->image_columns * channels,
        .image_column = window->dilation_columns * channels,
    };
    const int32_t is_whole_row = taps.columns == window->kernel_columns && taps.columns * taps.image_column == taps.image_row;
    if (is_whole_row != 0 && taps.rows > 0) {
        taps.columns *= taps.rows;
        taps.rows = 1;
    }
    return taps;
}

#endif

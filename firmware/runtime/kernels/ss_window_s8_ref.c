#include "ss_copy.h"
#include "ss_kernels.h"

/* Every channel of one position `repeat` times. */
static void spread(const int8_t *position, int32_t channels, int32_t repeat, int8_t *column)
{
    for (int32_t c = 0; c < channels; ++c) {
        for (int32_t i = 0; i < repeat; ++i) {
            *column++ = position[c];
        }
    }
}

/* One row of the kernel that lies inside the image, or partly so. */
static void gather_row(const ss_window *window, const int8_t *image_row, int32_t left, int8_t *column)
{
    const int32_t size = window->channels * window->repeat;
    for (int32_t k = 0; k < window->kernel_columns; ++k) {
        const int32_t x = left + k * window->dilation_columns;
        if (x < 0 || x >= window->image_columns) {
            ss_fill_bytes(column, (int8_t)window->fill, size);
        } else if (window->repeat == 1) {
            ss_copy_bytes(image_row + x * window->channels, column, size);
        } else {
            spread(image_row + x * window->channels, window->channels, window->repeat, column);
        }
        column += size;
    }
}

void ss_window_s8_ref(const ss_window *window, const int8_t *image, int32_t row, int32_t column_index, int8_t *column)
{
    const int32_t row_bytes = window->image_columns * window->channels;
    const int32_t kernel_bytes = window->kernel_columns * window->channels * window->repeat;
    const int32_t left = column_index * window->stride_columns - window->padding_columns;
    const int32_t right = left + (window->kernel_columns - 1) * window->dilation_columns;
    const int is_one_piece =
        window->repeat == 1 && window->dilation_columns == 1 && left >= 0 && right < window->image_columns;
    int32_t y = row * window->stride_rows - window->padding_rows;
    for (int32_t k = 0; k < window->kernel_rows; ++k) {
        if (y < 0 || y >= window->image_rows) {
            ss_fill_bytes(column, (int8_t)window->fill, kernel_bytes);
        } else if (is_one_piece) {
            ss_copy_bytes(image + y * row_bytes + left * window->channels, column, kernel_bytes);
        } else {
            gather_row(window, image + y * row_bytes, left, column);
        }
        column += kernel_bytes;
        y += window->dilation_rows;
    }
}

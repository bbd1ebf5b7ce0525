/*
 * The part of a pooling window that lies inside the image.
 */
#ifndef SS_POOL_H
#define SS_POOL_H

#include "ss_kernels.h"

typedef struct {
    const int8_t *first;               /* channel 0 of the first position inside an int8 image */
    int32_t offset;                    /* the same as an element number */
    int32_t rows;
    int32_t columns;
} ss_pool_box;

static inline ss_pool_box ss_pool_inside(const ss_window *window, const int8_t *image, int32_t y, int32_t x)
{
    const int32_t top = y * window->stride_rows - window->padding_rows;
    const int32_t left = x * window->stride_columns - window->padding_columns;
    const int32_t first_row = top < 0 ? 0 : top;
    const int32_t first_column = left < 0 ? 0 : left;
    const int32_t bottom = top + window->kernel_rows;
    const int32_t right = left + window->kernel_columns;
    const int32_t last_row = bottom > window->image_rows ? window->image_rows : bottom;
    const int32_t last_column = right > window->image_columns ? window->image_columns : right;
    const int32_t offset = (first_row * window->image_columns + first_column) * window->channels;
    return (ss_pool_box){
        .first = image + offset,
        .offset = offset,
        .rows = last_row - first_row,
        .columns = last_column - first_column,
    };
}

/* total / count to the nearest integer, halves away from zero. */
static inline int32_t ss_rounded_quotient(int32_t total, int32_t count)
{
    return (total > 0 ? total + count / 2 : total - count / 2) / count;
}

#endif

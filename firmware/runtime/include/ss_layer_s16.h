/*
 * The end of a layer on int16 activations, the same in all its kernels.
 */
#ifndef SS_LAYER_S16_H
#define SS_LAYER_S16_H

#include "ss_kernels_s16.h"
#include "ss_requantize_wide.h"

/* Output n, from the sum of its products and bias. */
static inline int16_t ss_layer_output_s16(const ss_fully_connected_s16_params *layer, int32_t n, int64_t sum)
{
    const int32_t scaled = ss_requantize_sum(sum, layer->multiplier[n], layer->shift[n], layer->is_wide);
    return (int16_t)ss_clamp(scaled, layer->activation_min, layer->activation_max);
}

#endif

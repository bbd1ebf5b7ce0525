/*
 * The loops of MEAN around the sums of one place. Inlined into each kernel, where the sums are a direct call.
 */
#ifndef SS_MEAN_H
#define SS_MEAN_H

#include "ss_kernels.h"
#include "ss_requantize.h"

/* Means of kept2_count outputs of which the first reduces the elements from `input` on. */
typedef void ss_mean_line(const ss_mean_params *params, const int8_t *input, int8_t *output);

static inline __attribute__((always_inline)) void ss_mean_lines(const ss_mean_params *params, ss_mean_line *line,
                                                                const int8_t *input, int8_t *output)
{
    for (int32_t i = 0; i < params->kept0_count; ++i) {
        for (int32_t j = 0; j < params->kept1_count; ++j) {
            line(params, input + i * params->kept0_stride + j * params->kept1_stride, output);
            output += params->kept2_count;
        }
    }
}

static inline int8_t ss_mean_of(const ss_mean_params *params, int32_t total)
{
    const int32_t scaled = ss_requantize(total, params->output_multiplier, params->output_shift);
    return (int8_t)ss_clamp(scaled + params->output_zero_point, INT8_MIN, INT8_MAX);
}

#endif

/*
 * SVDF, the part that its kernels share; they differ in the type of the state and in the inner products.
 *
 * Source: tensorflow/lite/micro/kernels/svdf_common.cc (EvalIntegerSvdfReference).
 */
#ifndef SS_SVDF_H
#define SS_SVDF_H

#include "ss_dot.h"
#include "ss_kernels.h"
#include "ss_requantize.h"

/* What filter number `filter` makes of the input, before the clamp to the type of the state. */
static inline __attribute__((always_inline)) int32_t ss_svdf_project(ss_dot_s8 *dot, const ss_svdf_params *params,
                                                                     const int8_t *input, int32_t filter)
{
    const int8_t *const weights = params->feature_weights + filter * params->input_size;
    const int32_t sum = dot(weights, input, params->input_size, params->feature_bias[filter]);
    return ss_requantize(sum, params->feature_multiplier, params->feature_shift);
}

static inline int8_t ss_svdf_output(const ss_svdf_params *params, int32_t sum)
{
    const int32_t scaled = ss_requantize(sum, params->output_multiplier, params->output_shift);
    return (int8_t)ss_clamp(scaled + params->output_zero_point, INT8_MIN, INT8_MAX);
}

static inline __attribute__((always_inline)) void ss_svdf_state_s8(ss_dot_s8 *dot, const ss_svdf_params *params,
                                                                   const int8_t *input, int8_t *state, int8_t *output)
{
    const int32_t memory = params->memory;
    for (int32_t batch = 0; batch < params->batches; ++batch) {
        const int8_t *weights = params->time_weights;
        for (int32_t unit = 0; unit < params->units; ++unit) {
            int32_t sum = params->bias[unit];
            for (int32_t rank = 0; rank < params->rank; ++rank) {
                for (int32_t i = 1; i < memory; ++i) {
                    state[i - 1] = state[i];
                }
                const int32_t projected = ss_svdf_project(dot, params, input, unit * params->rank + rank);
                /* The zero point after the clamp, so that a saturated value wraps around: as TFLM does. */
                state[memory - 1] = (int8_t)(ss_clamp(projected, INT8_MIN, INT8_MAX) + params->state_zero_point);
                sum = dot(weights, state, memory, sum);
                weights += memory;
                state += memory;
            }
            *output++ = ss_svdf_output(params, sum);
        }
        input += params->input_size;
    }
}

static inline __attribute__((always_inline)) void ss_svdf_state_s16(ss_dot_s8 *dot, ss_dot_s16 *dot_s16,
                                                                    const ss_svdf_params *params, const int8_t *input,
                                                                    int16_t *state, int8_t *output)
{
    const int32_t memory = params->memory;
    for (int32_t batch = 0; batch < params->batches; ++batch) {
        const int16_t *weights = params->time_weights_s16;
        for (int32_t unit = 0; unit < params->units; ++unit) {
            int32_t sum = params->bias[unit];
            for (int32_t rank = 0; rank < params->rank; ++rank) {
                for (int32_t i = 1; i < memory; ++i) {
                    state[i - 1] = state[i];
                }
                const int32_t projected = ss_svdf_project(dot, params, input, unit * params->rank + rank);
                state[memory - 1] = (int16_t)(ss_clamp(projected, INT16_MIN, INT16_MAX) + params->state_zero_point);
                sum = dot_s16(weights, state, memory, sum);
                weights += memory;
                state += memory;
            }
            *output++ = ss_svdf_output(params, sum);
        }
        input += params->input_size;
    }
}

#endif

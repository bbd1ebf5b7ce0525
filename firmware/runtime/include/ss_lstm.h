/*
 * UNIDIRECTIONAL_SEQUENCE_LSTM with an int16 cell, the part that its kernels share; they differ in the inner products.
 *
 * Source: tensorflow/lite/micro/kernels/lstm_eval.h (LstmStep).
 */
#ifndef SS_LSTM_H
#define SS_LSTM_H

#include <string.h>

#include "ss_dot.h"
#include "ss_kernels.h"
#include "ss_requantize.h"
#include "ss_sigmoid16.h"

enum { SS_LSTM_INPUT, SS_LSTM_FORGET, SS_LSTM_CELL, SS_LSTM_OUTPUT };

static inline int32_t ss_lstm_clamp(int32_t x)
{
    return ss_clamp(x, INT16_MIN, INT16_MAX);
}

/* Input of one gate of one unit, times 3: in steps of 1 / 12288. */
static inline __attribute__((always_inline)) int32_t ss_lstm_gate(ss_dot_s8 *dot, const ss_lstm_params *params, int32_t gate,
                                                                  int32_t unit, const int8_t *input, const int8_t *hidden)
{
    const int32_t row = gate * params->units + unit;
    const int32_t *const factors = params->factors + 4 * gate;
    const int32_t from_input = dot(params->input_weights + row * params->input_size, input, params->input_size,
                                   params->input_bias[row]);
    const int32_t from_hidden =
        dot(params->hidden_weights + row * params->units, hidden, params->units, params->hidden_bias[row]);
    const int32_t sum = ss_lstm_clamp(ss_requantize(from_input, factors[0], factors[1])) +
                        ss_lstm_clamp(ss_requantize(from_hidden, factors[2], factors[3]));
    return 3 * ss_lstm_clamp(sum);
}

/* The cell in the steps that the hyperbolic tangent takes. */
static inline int32_t ss_lstm_scaled_cell(const ss_lstm_params *params, int32_t cell)
{
    const int32_t shift = params->tanh_shift;
    return (cell * params->tanh_multiplier + (shift > 0 ? 1 << (shift - 1) : 0)) >> shift;
}

/* The next cell and, without its zero point, the next hidden value of one unit from the inputs of its gates. */
static inline __attribute__((always_inline)) int32_t ss_lstm_update(const ss_lstm_params *params, int32_t to_admit,
                                                                    int32_t to_forget, int32_t to_cell,
                                                                    int32_t to_release, int16_t *cell)
{
    const uint16_t *const table = params->sigmoid;
    const int32_t admit = ss_logistic_s16(table, to_admit);
    const int32_t forget = ss_logistic_s16(table, to_forget);
    const int32_t fresh = ss_tanh_s16(table, to_cell);
    const int32_t release = ss_logistic_s16(table, to_release);
    const int32_t kept = ss_requantize(forget * *cell, params->forget_multiplier, params->forget_shift);
    const int32_t added = ss_requantize(admit * fresh, params->update_multiplier, params->update_shift);
    const int32_t sum = ss_lstm_clamp(ss_lstm_clamp(kept) + ss_lstm_clamp(added));
    *cell = (int16_t)(params->cell_clip > 0 ? ss_clamp(sum, -params->cell_clip, params->cell_clip) : sum);
    const int32_t bounded = ss_tanh_s16(table, ss_lstm_scaled_cell(params, *cell));
    return ss_requantize(release * bounded, params->hidden_multiplier, params->hidden_shift);
}

static inline __attribute__((always_inline)) int8_t ss_lstm_unit(ss_dot_s8 *dot, const ss_lstm_params *params, int32_t unit,
                                                                 const int8_t *input, const int8_t *hidden, int16_t *cell)
{
    const int32_t scaled = ss_lstm_update(params, ss_lstm_gate(dot, params, SS_LSTM_INPUT, unit, input, hidden),
                                          ss_lstm_gate(dot, params, SS_LSTM_FORGET, unit, input, hidden),
                                          ss_lstm_gate(dot, params, SS_LSTM_CELL, unit, input, hidden),
                                          ss_lstm_gate(dot, params, SS_LSTM_OUTPUT, unit, input, hidden), cell);
    return (int8_t)ss_clamp(scaled + params->hidden_zero_point, INT8_MIN, INT8_MAX);
}

static inline __attribute__((always_inline)) void ss_lstm_sequence(ss_dot_s8 *dot, const ss_lstm_params *params,
                                                                   const int8_t *input, int8_t *hidden, int16_t *cell,
                                                                   int8_t *output)
{
    for (int32_t batch = 0; batch < params->batches; ++batch) {
        for (int32_t step = 0; step < params->steps; ++step) {
            const int32_t position = batch * params->batch_stride + step * params->step_stride;
            int8_t *const following = output + position * params->units;
            for (int32_t unit = 0; unit < params->units; ++unit) {
                following[unit] = ss_lstm_unit(dot, params, unit, input + position * params->input_size, hidden, &cell[unit]);
            }
            memcpy(hidden, following, (size_t)params->units);
        }
        hidden += params->units;
        cell += params->units;
    }
}

#endif

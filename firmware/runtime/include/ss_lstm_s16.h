/*
 * UNIDIRECTIONAL_SEQUENCE_LSTM on int16 activations, the part that its kernels share; they differ in the inner products.
 *
 * Source: tensorflow/lite/micro/kernels/lstm_eval.h (LstmStep), whose sums are int64 here.
 */
#ifndef SS_LSTM_S16_H
#define SS_LSTM_S16_H

#include "ss_dot_wide.h"
#include "ss_kernels_s16.h"
#include "ss_lstm.h"
#include "ss_requantize_wide.h"

/* Inputs of gate and gate + 1 of one unit, times 3: in steps of 1 / 12288. */
static inline __attribute__((always_inline)) void ss_lstm_s16_two_gates(ss_dot_two *dot, const ss_lstm_s16_params *params,
                                                                        int32_t gate, int32_t unit, const int16_t *input,
                                                                        const int16_t *hidden, int32_t inputs[2])
{
    const ss_lstm_params *const layer = &params->layer;
    const int32_t units = layer->units, row = gate * units + unit;
    const int8_t *const of_input = layer->input_weights + row * layer->input_size;
    const int8_t *const of_hidden = layer->hidden_weights + row * units;
    int64_t from_input[2] = {params->bias[row], params->bias[row + units]};
    int64_t from_hidden[2] = {0, 0};
    dot(of_input, of_input + units * layer->input_size, input, layer->input_size, from_input);
    dot(of_hidden, of_hidden + units * units, hidden, units, from_hidden);
    for (int32_t i = 0; i < 2; ++i) {
        const int32_t *const factors = layer->factors + 4 * (gate + i);
        const int32_t sum = ss_lstm_clamp(ss_requantize_wide(from_input[i], factors[0], factors[1])) +
                            ss_lstm_clamp(ss_requantize_wide(from_hidden[i], factors[2], factors[3]));
        inputs[i] = 3 * ss_lstm_clamp(sum);
    }
}

static inline __attribute__((always_inline)) void ss_lstm_s16_sequence(ss_dot_two *dot, const ss_lstm_s16_params *params,
                                                                       const int16_t *input, int16_t *hidden, int16_t *cell,
                                                                       int16_t *output)
{
    const ss_lstm_params *const layer = &params->layer;
    for (int32_t batch = 0; batch < layer->batches; ++batch) {
        for (int32_t step = 0; step < layer->steps; ++step) {
            const int32_t position = batch * layer->batch_stride + step * layer->step_stride;
            const int16_t *const row = input + position * layer->input_size;
            int16_t *const following = output + position * layer->units;
            for (int32_t unit = 0; unit < layer->units; ++unit) {
                int32_t to[4];
                ss_lstm_s16_two_gates(dot, params, SS_LSTM_INPUT, unit, row, hidden, to);
                ss_lstm_s16_two_gates(dot, params, SS_LSTM_CELL, unit, row, hidden, to + SS_LSTM_CELL);
                const int32_t scaled = ss_lstm_update(layer, to[SS_LSTM_INPUT], to[SS_LSTM_FORGET], to[SS_LSTM_CELL],
                                                      to[SS_LSTM_OUTPUT], &cell[unit]);
                following[unit] = (int16_t)ss_lstm_clamp(scaled);
            }
            memcpy(hidden, following, (size_t)layer->units * sizeof *hidden);
        }
        hidden += layer->units;
        cell += layer->units;
    }
}

#endif

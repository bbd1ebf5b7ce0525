#include "ss_kernels_s16.h"
#include "ss_lstm.h"
#include "ss_requantize_wide.h"

static int64_t dot(const int8_t *weights, const int16_t *values, int32_t count, int64_t sum)
{
    for (int32_t i = 0; i < count; ++i) {
        sum += weights[i] * values[i];
    }
    return sum;
}

/* Input of one gate of one unit, times 3: in steps of 1 / 12288. */
static int32_t gate_input(const ss_lstm_s16_params *params, int32_t gate, int32_t unit, const int16_t *input,
                          const int16_t *hidden)
{
    const ss_lstm_params *const layer = &params->layer;
    const int32_t row = gate * layer->units + unit;
    const int32_t *const factors = layer->factors + 4 * gate;
    const int64_t from_input =
        dot(layer->input_weights + row * layer->input_size, input, layer->input_size, params->bias[row]);
    const int64_t from_hidden = dot(layer->hidden_weights + row * layer->units, hidden, layer->units, 0);
    const int32_t sum = ss_lstm_clamp(ss_requantize_wide(from_input, factors[0], factors[1])) +
                        ss_lstm_clamp(ss_requantize_wide(from_hidden, factors[2], factors[3]));
    return 3 * ss_lstm_clamp(sum);
}

void ss_lstm_s16_ref(const ss_lstm_s16_params *params, const int16_t *input, int16_t *hidden, int16_t *cell,
                     int16_t *output, void *scratch)
{
    (void)scratch;
    const ss_lstm_params *const layer = &params->layer;
    for (int32_t batch = 0; batch < layer->batches; ++batch) {
        for (int32_t step = 0; step < layer->steps; ++step) {
            const int32_t position = batch * layer->batch_stride + step * layer->step_stride;
            const int16_t *const row = input + position * layer->input_size;
            int16_t *const following = output + position * layer->units;
            for (int32_t unit = 0; unit < layer->units; ++unit) {
                const int32_t scaled = ss_lstm_update(layer, gate_input(params, SS_LSTM_INPUT, unit, row, hidden),
                                                      gate_input(params, SS_LSTM_FORGET, unit, row, hidden),
                                                      gate_input(params, SS_LSTM_CELL, unit, row, hidden),
                                                      gate_input(params, SS_LSTM_OUTPUT, unit, row, hidden), &cell[unit]);
                following[unit] = (int16_t)ss_lstm_clamp(scaled);
            }
            memcpy(hidden, following, (size_t)layer->units * sizeof *hidden);
        }
        hidden += layer->units;
        cell += layer->units;
    }
}

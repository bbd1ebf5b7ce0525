#include "ss_lstm_s16.h"

void ss_lstm_s16_ref(const ss_lstm_s16_params *params, const int16_t *input, int16_t *hidden, int16_t *cell,
                     int16_t *output, void *scratch)
{
    (void)scratch;
    ss_lstm_s16_sequence(ss_dot_two_ref, params, input, hidden, cell, output);
}

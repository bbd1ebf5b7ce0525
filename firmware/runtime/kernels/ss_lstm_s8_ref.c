#include "ss_lstm.h"

void ss_lstm_s8_ref(const ss_lstm_params *params, const int8_t *input, int8_t *hidden, int16_t *cell, int8_t *output,
                   void *scratch)
{
    (void)scratch;
    ss_lstm_sequence(ss_dot_s8_ref, params, input, hidden, cell, output);
}

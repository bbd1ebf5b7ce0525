#include "ss_dot_mve.h"
#include "ss_lstm.h"

void ss_lstm_s8_mve(const ss_lstm_params *params, const int8_t *input, int8_t *hidden, int16_t *cell, int8_t *output,
                   void *scratch)
{
    (void)scratch;
    ss_lstm_sequence(ss_dot_s8_mve, params, input, hidden, cell, output);
}

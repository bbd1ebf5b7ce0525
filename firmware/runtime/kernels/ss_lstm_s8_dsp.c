#include "ss_dot_dsp.h"
#include "ss_lstm.h"

void ss_lstm_s8_dsp(const ss_lstm_params *params, const int8_t *input, int8_t *hidden, int16_t *cell, int8_t *output,
                   void *scratch)
{
    (void)scratch;
    ss_lstm_sequence(ss_dot_s8_dsp, params, input, hidden, cell, output);
}

#include "ss_dot_wide_dsp.h"
#include "ss_conv_2d_s16.h"

void ss_conv_2d_s16_dsp(const ss_conv_2d_s16_params *params, const int16_t *input, int16_t *output, void *scratch)
{
    (void)scratch;
    ss_conv_2d_s16(ss_dot_two_dsp, params, input, output);
}

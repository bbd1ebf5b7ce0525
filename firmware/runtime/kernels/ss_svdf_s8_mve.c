#include "ss_dot_mve.h"
#include "ss_svdf.h"

void ss_svdf_s8_mve(const ss_svdf_params *params, const int8_t *input, int8_t *state, int8_t *output, void *scratch)
{
    (void)scratch;
    ss_svdf_state_s8(ss_dot_s8_mve, params, input, state, output);
}

#include "ss_kernels.h"
#include "ss_window_loop.h"

static void one_window(const void *layer, const int8_t *column, int8_t *output, void *scratch)
{
    ss_fully_connected_s8_dsp(layer, column, output, scratch);
}

void ss_conv_2d_s8_dsp(const ss_conv_2d_packed_params *params, const int8_t *input, int8_t *output, void *scratch)
{
    const int32_t outputs = params->layer.output_size;
    ss_window_loop(&params->window, one_window, &params->layer, outputs, input, output, scratch);
}

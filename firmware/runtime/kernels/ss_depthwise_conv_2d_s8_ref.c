#include "ss_kernels.h"
#include "ss_window_loop.h"

static void one_window(const void *layer, const int8_t *column, int8_t *output, void *scratch)
{
    ss_depthwise_ring_s8_ref(layer, column, 0, output, scratch);
}

void ss_depthwise_conv_2d_s8_ref(const ss_depthwise_conv_2d_params *params, const int8_t *input, int8_t *output, void *scratch)
{
    const int32_t outputs = params->layer.channels;
    ss_window_loop(&params->window, one_window, &params->layer, outputs, input, output, scratch);
}

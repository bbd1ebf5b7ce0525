#include "ss_kernels.h"
#include "ss_requantize.h"

/* As in ADD. */
enum { LEFT_SHIFT = 20 };

static int32_t rescale(int32_t x, int32_t zero_point, int32_t multiplier, int32_t shift)
{
    return ss_requantize(ss_shift_left(x - zero_point, LEFT_SHIFT), multiplier, shift);
}

void ss_fully_connected_add_s8_ref(const ss_fully_connected_add_params *params, const int8_t *input,
                                   const int8_t *residual, int8_t *output, void *scratch)
{
    (void)scratch;
    const ss_fully_connected_params *layer = &params->layer;
    const ss_add_params *add = &params->add;
    const int8_t *weights = layer->weights;
    for (int32_t n = 0; n < layer->output_size; ++n) {
        int32_t accumulator = layer->bias[n];
        for (int32_t k = 0; k < layer->input_size; ++k) {
            accumulator += (int32_t)weights[k] * input[k];
        }
        weights += layer->input_size;
        const int32_t scaled = ss_requantize(accumulator, layer->multiplier[n], layer->shift[n]);
        const int32_t inner =
            ss_clamp(scaled + layer->output_zero_point, layer->activation_min, layer->activation_max);
        const int32_t sum =
            rescale(residual[n], add->input1_zero_point, add->input1_multiplier, add->input1_shift) +
            rescale(inner, add->input2_zero_point, add->input2_multiplier, add->input2_shift);
        const int32_t result = ss_requantize(sum, add->output_multiplier, add->output_shift);
        output[n] =
            (int8_t)ss_clamp(result + add->output_zero_point, add->activation_min, add->activation_max);
    }
}

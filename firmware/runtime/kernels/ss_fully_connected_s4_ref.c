#include "ss_kernels.h"
#include "ss_requantize.h"

/* Element `index` of int4 values stored two a byte, the first in the low half. */
static inline int32_t half_byte(const int8_t *values, int32_t index)
{
    const int32_t both = values[index / 2];
    return index % 2 == 0 ? ((both & 15) ^ 8) - 8 : both >> 4;
}

void ss_fully_connected_s4_ref(const ss_fully_connected_params *params, const int8_t *input, int8_t *output,
                               void *scratch)
{
    (void)scratch;
    int32_t index = 0;
    for (int32_t n = 0; n < params->output_size; ++n) {
        int32_t accumulator = params->bias[n];
        for (int32_t k = 0; k < params->input_size; ++k) {
            accumulator += half_byte(params->weights, index) * input[k];
            ++index;
        }
        const int32_t scaled = ss_requantize(accumulator, params->multiplier[n], params->shift[n]);
        output[n] = (int8_t)ss_clamp(scaled + params->output_zero_point, params->activation_min,
                                     params->activation_max);
    }
}

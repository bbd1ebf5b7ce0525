#include "ss_interpolate.h"
#include "ss_kernels_s16.h"
#include "ss_requantize.h"

/* Exponentials of the differences from the largest logit, to output; returns their sum. */
static int32_t exponentials(const ss_softmax_s16_params *params, const int16_t *input, int16_t *output)
{
    int32_t largest = INT16_MIN;
    for (int32_t c = 0; c < params->size; ++c) {
        largest = input[c] > largest ? input[c] : largest;
    }
    int32_t sum = 0;
    for (int32_t c = 0; c < params->size; ++c) {
        const int32_t scaled = ss_requantize(input[c] - largest, params->multiplier, params->shift);
        const int32_t argument = ss_clamp(scaled + INT16_MAX, INT16_MIN, INT16_MAX);
        output[c] = (int16_t)ss_interpolate(argument, params->exp_table);
        sum += output[c];
    }
    return sum;
}

void ss_softmax_s16_ref(const ss_softmax_s16_params *params, const int16_t *input, int16_t *output, void *scratch)
{
    (void)scratch;
    for (int32_t row = 0; row < params->rows; ++row) {
        const int32_t sum = exponentials(params, input, output);
        const int32_t headroom = __builtin_clz((uint32_t)sum);
        const int32_t shifted = (int32_t)((((int64_t)sum << (headroom - 1)) + (1 << 13)) >> 14);
        const int32_t argument = ss_clamp(shifted - ((1 << 15) + (1 << 16)), INT16_MIN, INT16_MAX);
        const int32_t reciprocal = ss_interpolate(argument, params->reciprocal_table);
        const int32_t right = 31 - headroom;
        for (int32_t c = 0; c < params->size; ++c) {
            const int32_t value = (output[c] * reciprocal + (1 << (right - 1))) >> right;
            output[c] = (int16_t)ss_clamp(value, 0, INT16_MAX);
        }
        input += params->size;
        output += params->size;
    }
}

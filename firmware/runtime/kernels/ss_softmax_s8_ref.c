#include "ss_kernels.h"
#include "ss_softmax_row.h"

void ss_softmax_s8_ref(const ss_softmax_params *params, const int8_t *input, int8_t *output, void *scratch)
{
    (void)scratch;
    for (int32_t row = 0; row < params->rows; ++row) {
        const int8_t *logits = input + row * params->size;
        int8_t *probabilities = output + row * params->size;
        const int32_t maximum = ss_softmax_maximum(logits, params->size);
        const ss_reciprocal inverse = ss_softmax_inverse_sum(logits, params->size, maximum, params->exp_table);
        for (int32_t i = 0; i < params->size; ++i) {
            const int32_t exponential = params->exp_table[maximum - logits[i]];
            probabilities[i] = (int8_t)(ss_softmax_probability(inverse, exponential) - 128);
        }
    }
}

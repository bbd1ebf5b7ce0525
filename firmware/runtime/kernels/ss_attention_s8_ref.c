#include "ss_kernels.h"
#include "ss_requantize.h"
#include "ss_softmax_row.h"

static int8_t score(const ss_attention_params *params, const int8_t *query, const int8_t *key)
{
    int32_t accumulator = 0;
    for (int32_t d = 0; d < params->head_dim; ++d) {
        accumulator += (query[d] - params->query_zero_point) * (key[d] - params->key_zero_point);
    }
    const int32_t scaled = ss_requantize(accumulator, params->score_multiplier, params->score_shift);
    return (int8_t)ss_clamp(scaled + params->score_zero_point, INT8_MIN, INT8_MAX);
}

static void probabilities_in_place(const ss_attention_params *params, int8_t *scores, uint8_t *probabilities)
{
    const int32_t maximum = ss_softmax_maximum(scores, params->positions);
    const ss_reciprocal inverse =
        ss_softmax_inverse_sum(scores, params->positions, maximum, params->exp_table);
    for (int32_t p = 0; p < params->positions; ++p) {
        probabilities[p] = (uint8_t)ss_softmax_probability(inverse, params->exp_table[maximum - scores[p]]);
    }
}

static int8_t context(const ss_attention_params *params, const uint8_t *probabilities, const int8_t *values)
{
    int32_t accumulator = 0;
    for (int32_t p = 0; p < params->positions; ++p) {
        accumulator += probabilities[p] * (values[p * params->row_stride] - params->value_zero_point);
    }
    const int32_t scaled = ss_requantize(accumulator, params->context_multiplier, params->context_shift);
    return (int8_t)ss_clamp(scaled + params->context_zero_point, INT8_MIN, INT8_MAX);
}

void ss_attention_s8_ref(const ss_attention_params *params, const int8_t *query, const int8_t *keys,
                         const int8_t *values, int8_t *output, void *scratch)
{
    int8_t *scores = scratch;
    uint8_t *probabilities = scratch;
    for (int32_t h = 0; h < params->heads; ++h) {
        const int32_t first = h * params->head_dim;
        for (int32_t p = 0; p < params->positions; ++p) {
            scores[p] = score(params, query + first, keys + first + p * params->row_stride);
        }
        probabilities_in_place(params, scores, probabilities);
        for (int32_t d = 0; d < params->head_dim; ++d) {
            output[first + d] = context(params, probabilities, values + first + d);
        }
    }
}

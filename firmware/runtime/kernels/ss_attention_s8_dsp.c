/*
 * The packer hands this kernel only attentions that shift right by 1 or more and whose accumulators stay below 2^30.
 */
#include "ss_kernels.h"
#include "ss_matmul_dsp.h"
#include "ss_softmax_row.h"

enum { LANES = 4 };

static void score_positions(const ss_attention_params *params, const int16_t *query, const int8_t *keys,
                            int32_t query_sum, int16_t *scores)
{
    const ss_rescaling constants = {params->score_multiplier, -params->score_shift, params->score_zero_point};
    const int32_t stride = params->row_stride;
    const int32_t bias = -params->key_zero_point * query_sum;
    int32_t p = 0;
    for (; p + LANES <= params->positions; p += LANES) {
        const ss_four_sums dots = ss_dot_four(query, keys + p * stride, stride, params->head_dim, bias);
        scores[p] = (int16_t)ss_rescale(constants, dots.sum0);
        scores[p + 1] = (int16_t)ss_rescale(constants, dots.sum1);
        scores[p + 2] = (int16_t)ss_rescale(constants, dots.sum2);
        scores[p + 3] = (int16_t)ss_rescale(constants, dots.sum3);
    }
    for (; p < params->positions; ++p) {
        scores[p] = (int16_t)ss_rescale(constants, ss_dot_one(query, keys + p * stride, params->head_dim, bias));
    }
}

static inline int32_t maximum_of(const int16_t *row, const int16_t *end)
{
    int32_t maximum = *row;
#pragma GCC unroll 4
    while (++row != end) {
        maximum = *row > maximum ? *row : maximum;
    }
    return maximum;
}

/* Scores to probabilities in [0, 255], in place. Returns their sum, which the zero point of the values multiplies. */
static int32_t softmax_in_place(const ss_attention_params *params, int16_t *row)
{
    int16_t *const end = row + params->positions;
    const int32_t *const at_maximum = params->exp_table + maximum_of(row, end);
    uint32_t sum = 0;
#pragma GCC unroll 4
    for (const int16_t *score = row; score != end; ++score) {
        sum += ss_softmax_term(*(at_maximum - *score));
    }
    const ss_reciprocal inverse = ss_softmax_reciprocal(sum);
    int32_t probability_sum = 0;
#pragma GCC unroll 4
    for (int16_t *score = row; score != end; ++score) {
        const int32_t probability = ss_softmax_probability(inverse, *(at_maximum - *score));
        *score = (int16_t)probability;
        probability_sum += probability;
    }
    return probability_sum;
}

static void context_columns(const ss_attention_params *params, const int16_t *probabilities, const int8_t *values,
                            int32_t bias, int8_t *output)
{
    const ss_rescaling constants = {params->context_multiplier, -params->context_shift,
                                    params->context_zero_point};
    const int32_t stride = params->row_stride;
    const int32_t positions = params->positions;
    int32_t d = 0;
    for (; d + LANES <= params->head_dim; d += LANES) {
        const ss_four_sums mix = ss_mix_four(probabilities, values + d, stride, positions, bias);
        output[d] = (int8_t)ss_rescale(constants, mix.sum0);
        output[d + 1] = (int8_t)ss_rescale(constants, mix.sum1);
        output[d + 2] = (int8_t)ss_rescale(constants, mix.sum2);
        output[d + 3] = (int8_t)ss_rescale(constants, mix.sum3);
    }
    for (; d < params->head_dim; ++d) {
        output[d] = (int8_t)ss_rescale(constants, ss_mix_one(probabilities, values + d, stride, positions, bias));
    }
}

void ss_attention_s8_dsp(const ss_attention_params *params, const int8_t *query, const int8_t *keys,
                         const int8_t *values, int8_t *output, void *scratch)
{
    const int32_t rounded_positions = (params->positions + 3) & ~3;
    int16_t *row = scratch;
    int16_t *widened = row + rounded_positions;
    for (int32_t h = 0; h < params->heads; ++h) {
        const int32_t first = h * params->head_dim;
        const int32_t query_sum =
            ss_widen_for_dot(query + first, params->query_zero_point, params->head_dim, widened);
        score_positions(params, widened, keys + first, query_sum, row);
        const int32_t probability_sum = softmax_in_place(params, row);
        const int32_t bias = -params->value_zero_point * probability_sum;
        context_columns(params, row, values + first, bias, output + first);
    }
}

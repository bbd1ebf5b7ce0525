/*
 * The packer hands this kernel only attentions that shift right by 1 or more and whose accumulators stay below 2^30.
 */
#include "ss_dsp.h"
#include "ss_kernels.h"
#include "ss_requantize.h"
#include "ss_softmax_row.h"

enum { ROWS = 4, COLUMNS = 4 };

/* Copied out of the parameters, because a store of int8 may alias them. */
typedef struct {
    int32_t multiplier;
    int32_t exponent;
    int32_t zero_point;
} rescaling;

static inline int32_t rescale(rescaling constants, int32_t accumulator)
{
    const int32_t product = ss_smmulr(ss_shift_left(accumulator, 1), constants.multiplier);
    return ss_saturate_s8(ss_divide_and_offset(product, constants.exponent, constants.zero_point));
}

/* Query of one head minus its zero point as int16, columns 0, 2, 1, 3 of every four, the last few in plain order.
 * Returns the sum, which the zero point of the keys multiplies. */
static int32_t widen_query(const ss_attention_params *params, const int8_t *query, int16_t *widened)
{
    const int32_t zero_point = params->query_zero_point;
    int32_t sum = 0;
    int32_t d = 0;
    for (; d + COLUMNS <= params->head_dim; d += COLUMNS) {
        widened[d] = (int16_t)(query[d] - zero_point);
        widened[d + 1] = (int16_t)(query[d + 2] - zero_point);
        widened[d + 2] = (int16_t)(query[d + 1] - zero_point);
        widened[d + 3] = (int16_t)(query[d + 3] - zero_point);
        sum += widened[d] + widened[d + 1] + widened[d + 2] + widened[d + 3];
    }
    for (; d < params->head_dim; ++d) {
        widened[d] = (int16_t)(query[d] - zero_point);
        sum += widened[d];
    }
    return sum;
}

static inline int32_t dot_four(uint32_t key, uint32_t query_even, uint32_t query_odd, int32_t accumulator)
{
    accumulator = ss_smlad(ss_widen_even(key), query_even, accumulator);
    return ss_smlad(ss_widen_odd(key), query_odd, accumulator);
}

static inline rescaling score_rescaling(const ss_attention_params *params)
{
    return (rescaling){params->score_multiplier, -params->score_shift, params->score_zero_point};
}

/* Products of the last head_dim mod 4 columns. */
static int32_t dot_rest(const ss_attention_params *params, const int16_t *query, const int8_t *key)
{
    int32_t sum = 0;
    for (int32_t d = params->head_dim & ~(COLUMNS - 1); d < params->head_dim; ++d) {
        sum += query[d] * key[d];
    }
    return sum;
}

static inline void score_four(const ss_attention_params *params, const int16_t *query, const int8_t *key,
                              int32_t bias, int16_t *scores)
{
    const int32_t stride = params->row_stride;
    const uint32_t *pair = (const uint32_t *)(const void *)query;
    const uint32_t *const pair_end = pair + 2 * (params->head_dim / COLUMNS);
    const int8_t *column = key;
    int32_t dot0 = bias;
    int32_t dot1 = bias;
    int32_t dot2 = bias;
    int32_t dot3 = bias;
    while (pair != pair_end) {
        const uint32_t even = *pair++;
        const uint32_t odd = *pair++;
        dot0 = dot_four(ss_load_four(column), even, odd, dot0);
        dot1 = dot_four(ss_load_four(column + stride), even, odd, dot1);
        dot2 = dot_four(ss_load_four_two_strides_on(column, stride), even, odd, dot2);
        dot3 = dot_four(ss_load_four_two_strides_on(column + stride, stride), even, odd, dot3);
        column += COLUMNS;
    }
    if (params->head_dim % COLUMNS != 0) {
        dot0 += dot_rest(params, query, key);
        dot1 += dot_rest(params, query, key + stride);
        dot2 += dot_rest(params, query, key + 2 * stride);
        dot3 += dot_rest(params, query, key + 3 * stride);
    }
    const rescaling constants = score_rescaling(params);
    scores[0] = (int16_t)rescale(constants, dot0);
    scores[1] = (int16_t)rescale(constants, dot1);
    scores[2] = (int16_t)rescale(constants, dot2);
    scores[3] = (int16_t)rescale(constants, dot3);
}

static int16_t score_one(const ss_attention_params *params, const int16_t *query, const int8_t *key, int32_t bias)
{
    int32_t dot = bias;
    for (int32_t d = 0; d + COLUMNS <= params->head_dim; d += COLUMNS) {
        const uint32_t *pair = (const uint32_t *)(const void *)(query + d);
        dot = dot_four(ss_load_four(key + d), pair[0], pair[1], dot);
    }
    return (int16_t)rescale(score_rescaling(params), dot + dot_rest(params, query, key));
}

static void score_positions(const ss_attention_params *params, const int16_t *query, const int8_t *keys,
                            int32_t query_sum, int16_t *scores)
{
    const int32_t bias = -params->key_zero_point * query_sum;
    int32_t p = 0;
    for (; p + ROWS <= params->positions; p += ROWS) {
        score_four(params, query, keys + p * params->row_stride, bias, scores + p);
    }
    for (; p < params->positions; ++p) {
        scores[p] = score_one(params, query, keys + p * params->row_stride, bias);
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

static inline rescaling context_rescaling(const ss_attention_params *params)
{
    return (rescaling){params->context_multiplier, -params->context_shift, params->context_zero_point};
}

/* Four neighbouring columns of the context, two positions at a time. */
static inline void context_four(const ss_attention_params *params, const int16_t *probabilities, const int8_t *values,
                                int32_t bias, int8_t *output)
{
    const int32_t stride = params->row_stride;
    const uint32_t *pair = (const uint32_t *)(const void *)probabilities;
    int32_t sum0 = bias;
    int32_t sum1 = bias;
    int32_t sum2 = bias;
    int32_t sum3 = bias;
    for (int32_t pairs = params->positions / 2; pairs > 0; --pairs) {
        const uint32_t both = *pair++;
        const uint32_t here = ss_load_four(values);
        const uint32_t next = ss_load_four(values + stride);
        const uint32_t here_even = ss_widen_even(here);
        const uint32_t here_odd = ss_widen_odd(here);
        const uint32_t next_even = ss_widen_even(next);
        const uint32_t next_odd = ss_widen_odd(next);
        sum0 = ss_smlabt(next_even, both, ss_smlabb(here_even, both, sum0));
        sum1 = ss_smlabt(next_odd, both, ss_smlabb(here_odd, both, sum1));
        sum2 = ss_smlatt(next_even, both, ss_smlatb(here_even, both, sum2));
        sum3 = ss_smlatt(next_odd, both, ss_smlatb(here_odd, both, sum3));
        values += 2 * stride;
    }
    if (params->positions % 2 != 0) {
        const int32_t last = probabilities[params->positions - 1];
        sum0 += last * values[0];
        sum1 += last * values[1];
        sum2 += last * values[2];
        sum3 += last * values[3];
    }
    const rescaling constants = context_rescaling(params);
    output[0] = (int8_t)rescale(constants, sum0);
    output[1] = (int8_t)rescale(constants, sum1);
    output[2] = (int8_t)rescale(constants, sum2);
    output[3] = (int8_t)rescale(constants, sum3);
}

static int8_t context_one(const ss_attention_params *params, const int16_t *probabilities, const int8_t *values,
                          int32_t bias)
{
    int32_t accumulator = bias;
    for (int32_t p = 0; p < params->positions; ++p) {
        accumulator += probabilities[p] * values[p * params->row_stride];
    }
    return (int8_t)rescale(context_rescaling(params), accumulator);
}

static void context_columns(const ss_attention_params *params, const int16_t *probabilities, const int8_t *values,
                            int32_t bias, int8_t *output)
{
    int32_t d = 0;
    for (; d + COLUMNS <= params->head_dim; d += COLUMNS) {
        context_four(params, probabilities, values + d, bias, output + d);
    }
    for (; d < params->head_dim; ++d) {
        output[d] = context_one(params, probabilities, values + d, bias);
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
        const int32_t query_sum = widen_query(params, query + first, widened);
        score_positions(params, widened, keys + first, query_sum, row);
        const int32_t probability_sum = softmax_in_place(params, row);
        const int32_t bias = -params->value_zero_point * probability_sum;
        context_columns(params, row, values + first, bias, output + first);
    }
}

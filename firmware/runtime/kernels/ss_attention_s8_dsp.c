/*
 * The packer hands this kernel only attentions that shift right by 1 or more and whose accumulators stay below 2^30.
 */
#include "ss_dsp.h"
#include "ss_kernels.h"
#include "ss_requantize.h"
#include "ss_softmax_row.h"

enum { ROWS = 4, COLUMNS = 4 };

static inline int32_t rescale(int32_t accumulator, int32_t multiplier, int32_t shift, int32_t zero_point)
{
    const int32_t product = ss_smmulr(ss_shift_left(accumulator, 1), multiplier);
    return ss_saturate_s8(ss_divide_and_offset(product, -shift, zero_point));
}

/* Query of one head minus its zero point as int16, columns 0, 2, 1, 3 of every four, the last few in plain order.
 * Returns the sum, which the zero point of the keys multiplies. */
static int32_t widen_query(const ss_attention_params *params, const int8_t *query, int16_t *widened)
{
    int32_t sum = 0;
    int32_t d = 0;
    for (; d + COLUMNS <= params->head_dim; d += COLUMNS) {
        widened[d] = (int16_t)(query[d] - params->query_zero_point);
        widened[d + 1] = (int16_t)(query[d + 2] - params->query_zero_point);
        widened[d + 2] = (int16_t)(query[d + 1] - params->query_zero_point);
        widened[d + 3] = (int16_t)(query[d + 3] - params->query_zero_point);
        sum += widened[d] + widened[d + 1] + widened[d + 2] + widened[d + 3];
    }
    for (; d < params->head_dim; ++d) {
        widened[d] = (int16_t)(query[d] - params->query_zero_point);
        sum += widened[d];
    }
    return sum;
}

static inline int32_t dot_four(uint32_t key, uint32_t query_even, uint32_t query_odd, int32_t accumulator)
{
    accumulator = ss_smlad(ss_widen_even(key), query_even, accumulator);
    return ss_smlad(ss_widen_odd(key), query_odd, accumulator);
}

/* Scores of `rows` (1 or 4) neighbouring positions. */
static inline void score_rows(const ss_attention_params *params, const int16_t *query, const int8_t *key,
                              int32_t bias, int32_t rows, int16_t *scores)
{
    int32_t accumulator[ROWS] = {bias, bias, bias, bias};
    int32_t d = 0;
    for (; d + COLUMNS <= params->head_dim; d += COLUMNS) {
        const uint32_t *pairs = (const uint32_t *)(const void *)(query + d);
        for (int32_t row = 0; row < rows; ++row) {
            const uint32_t four = ss_load_four(key + d + row * params->row_stride);
            accumulator[row] = dot_four(four, pairs[0], pairs[1], accumulator[row]);
        }
    }
    for (; d < params->head_dim; ++d) {
        for (int32_t row = 0; row < rows; ++row) {
            accumulator[row] += query[d] * key[d + row * params->row_stride];
        }
    }
    for (int32_t row = 0; row < rows; ++row) {
        scores[row] = (int16_t)rescale(accumulator[row], params->score_multiplier, params->score_shift,
                                       params->score_zero_point);
    }
}

static void score_positions(const ss_attention_params *params, const int16_t *query, const int8_t *keys,
                            int32_t query_sum, int16_t *scores)
{
    const int32_t bias = -params->key_zero_point * query_sum;
    int32_t p = 0;
    for (; p + ROWS <= params->positions; p += ROWS) {
        score_rows(params, query, keys + p * params->row_stride, bias, ROWS, scores + p);
    }
    for (; p < params->positions; ++p) {
        score_rows(params, query, keys + p * params->row_stride, bias, 1, scores + p);
    }
}

/* Scores to probabilities in [0, 255], in place. Returns their sum, which the zero point of the values multiplies. */
static int32_t softmax_in_place(const ss_attention_params *params, int16_t *row)
{
    int32_t maximum = row[0];
    for (int32_t p = 1; p < params->positions; ++p) {
        maximum = row[p] > maximum ? row[p] : maximum;
    }
    uint32_t sum = 0;
    for (int32_t p = 0; p < params->positions; ++p) {
        sum += ss_softmax_term(params->exp_table[maximum - row[p]]);
    }
    const ss_reciprocal inverse = ss_softmax_reciprocal(sum);
    int32_t probability_sum = 0;
    for (int32_t p = 0; p < params->positions; ++p) {
        const int32_t probability = ss_softmax_probability(inverse, params->exp_table[maximum - row[p]]);
        row[p] = (int16_t)probability;
        probability_sum += probability;
    }
    return probability_sum;
}

/* Four neighbouring columns of the context, two positions at a time. */
static inline void context_four(const ss_attention_params *params, const int16_t *probabilities, const int8_t *values,
                                int32_t bias, int8_t *output)
{
    int32_t accumulator[COLUMNS] = {bias, bias, bias, bias};
    const int32_t stride = params->row_stride;
    int32_t p = 0;
    for (; p + 2 <= params->positions; p += 2) {
        const uint32_t pair = *(const uint32_t *)(const void *)(probabilities + p);
        const uint32_t here = ss_load_four(values);
        const uint32_t next = ss_load_four(values + stride);
        const uint32_t here_even = ss_widen_even(here);
        const uint32_t here_odd = ss_widen_odd(here);
        const uint32_t next_even = ss_widen_even(next);
        const uint32_t next_odd = ss_widen_odd(next);
        accumulator[0] = ss_smlabt(next_even, pair, ss_smlabb(here_even, pair, accumulator[0]));
        accumulator[1] = ss_smlabt(next_odd, pair, ss_smlabb(here_odd, pair, accumulator[1]));
        accumulator[2] = ss_smlatt(next_even, pair, ss_smlatb(here_even, pair, accumulator[2]));
        accumulator[3] = ss_smlatt(next_odd, pair, ss_smlatb(here_odd, pair, accumulator[3]));
        values += 2 * stride;
    }
    for (int32_t column = 0; column < COLUMNS; ++column) {
        if (p < params->positions) {
            accumulator[column] += probabilities[p] * values[column];
        }
        output[column] = (int8_t)rescale(accumulator[column], params->context_multiplier, params->context_shift,
                                         params->context_zero_point);
    }
}

static int8_t context_one(const ss_attention_params *params, const int16_t *probabilities, const int8_t *values,
                          int32_t bias)
{
    int32_t accumulator = bias;
    for (int32_t p = 0; p < params->positions; ++p) {
        accumulator += probabilities[p] * values[p * params->row_stride];
    }
    return (int8_t)rescale(accumulator, params->context_multiplier, params->context_shift,
                           params->context_zero_point);
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

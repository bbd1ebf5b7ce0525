/*
 * The packer hands this kernel only attentions whose query has zero point 0 and that shift right or not at all.
 */
#include "ss_kernels.h"
#include "ss_mve.h"
#include "ss_softmax_row.h"

enum { LANES = 4, COLUMNS = 16, LARGEST_PROBABILITY = 255 };

static inline int32x4_t rescale(int32x4_t accumulator, int32_t multiplier, int32_t shift, int32_t zero_point)
{
    const int32x4_t scaled = ss_requantize_uniform_mve(accumulator, multiplier, vdupq_n_s32(shift));
    return ss_clamp_mve(vaddq_n_s32(scaled, zero_point), vdupq_n_s32(INT8_MIN), vdupq_n_s32(INT8_MAX));
}

static inline int32_t sum_of_query(const ss_attention_params *params, const int8_t *query)
{
    int32_t sum = 0;
    for (int32_t d = 0; d < params->head_dim; d += COLUMNS) {
        const mve_pred16_t lanes = vctp8q((uint32_t)(params->head_dim - d));
        sum = vaddvaq_s8(sum, vldrbq_z_s8(query + d, lanes));
    }
    return sum;
}

/* Query times four keys. The last tile loads the query with zeros past the end and full tiles of keys would read past
 * the ring, so the keys are predicated as well. */
static inline int32x4_t four_scores(const ss_attention_params *params, const int8_t *query, const int8_t *const key[4],
                                    int32_t bias)
{
    int32_t dot0 = bias;
    int32_t dot1 = bias;
    int32_t dot2 = bias;
    int32_t dot3 = bias;
    int32_t d = 0;
    for (; d + COLUMNS <= params->head_dim; d += COLUMNS) {
        const int8x16_t q = vldrbq_s8(query + d);
        dot0 = vmladavaq_s8(dot0, q, vldrbq_s8(key[0] + d));
        dot1 = vmladavaq_s8(dot1, q, vldrbq_s8(key[1] + d));
        dot2 = vmladavaq_s8(dot2, q, vldrbq_s8(key[2] + d));
        dot3 = vmladavaq_s8(dot3, q, vldrbq_s8(key[3] + d));
    }
    if (d < params->head_dim) {
        const mve_pred16_t lanes = vctp8q((uint32_t)(params->head_dim - d));
        const int8x16_t q = vldrbq_z_s8(query + d, lanes);
        dot0 = vmladavaq_s8(dot0, q, vldrbq_z_s8(key[0] + d, lanes));
        dot1 = vmladavaq_s8(dot1, q, vldrbq_z_s8(key[1] + d, lanes));
        dot2 = vmladavaq_s8(dot2, q, vldrbq_z_s8(key[2] + d, lanes));
        dot3 = vmladavaq_s8(dot3, q, vldrbq_z_s8(key[3] + d, lanes));
    }
    const int32x4_t dots = {dot0, dot1, dot2, dot3};
    return rescale(dots, params->score_multiplier, params->score_shift, params->score_zero_point);
}

/* Scores of all positions as int32; lanes past the last position repeat it. Returns the largest. */
static inline int32_t score_positions(const ss_attention_params *params, const int8_t *query, const int8_t *keys,
                                      int32_t *scores)
{
    const int32_t stride = params->row_stride;
    const int8_t *const last = keys + (params->positions - 1) * stride;
    const int32_t bias =
        params->key_zero_point == 0 ? 0 : -params->key_zero_point * sum_of_query(params, query);
    int32x4_t largest = vdupq_n_s32(INT8_MIN);
    for (int32_t p = 0; p < params->positions; p += LANES) {
        const int8_t *key[LANES] = {keys, keys + stride, keys + 2 * stride, keys + 3 * stride};
        for (int32_t i = params->positions - p; i < LANES; ++i) {
            key[i] = last;
        }
        const int32x4_t four = four_scores(params, query, key, bias);
        largest = vmaxq_s32(largest, four);
        vstrwq_s32(scores + p, four);
        keys += LANES * stride;
    }
    return vmaxvq_s32(INT8_MIN, largest);
}

/* Scores to exponentials in Q0.31, in place; 0 past the last position. Returns the reciprocal of their sum. */
static inline ss_reciprocal exponentials_in_place(const ss_attention_params *params, int32_t largest, int32_t *row)
{
    uint32_t sum = 0;
    for (int32_t p = 0; p < params->positions; p += LANES) {
        const mve_pred16_t lanes = vctp32q((uint32_t)(params->positions - p));
        const int32x4_t below = vsubq_s32(vdupq_n_s32(largest), vldrwq_s32(row + p));
        const int32x4_t exponential =
            vldrwq_gather_shifted_offset_z_s32(params->exp_table, vreinterpretq_u32_s32(below), lanes);
        vstrwq_s32(row + p, exponential);
        sum = vaddvaq_u32(sum, vrshrq_n_u32(vreinterpretq_u32_s32(exponential), SS_SOFTMAX_ACCUMULATION_BITS));
    }
    return ss_softmax_reciprocal(sum);
}

/* Exponentials to probabilities in [0, 255], in place. Returns their sum. */
static inline int32_t probabilities_in_place(const ss_attention_params *params, ss_reciprocal inverse, int32_t *row)
{
    int32_t sum = 0;
    for (int32_t p = 0; p < params->positions; p += LANES) {
        const int32x4_t product = vqrdmulhq_n_s32(vldrwq_s32(row + p), inverse.scale);
        const int32x4_t rounded = vrshlq_n_s32(product, -inverse.exponent);
        const int32x4_t probability = vminq_s32(rounded, vdupq_n_s32(LARGEST_PROBABILITY));
        vstrwq_s32(row + p, probability);
        sum = vaddvaq_s32(sum, probability);
    }
    return sum;
}

/* Sixteen neighbouring columns of the context. */
static inline void context_sixteen(const ss_attention_params *params, const int32_t *probabilities,
                                   const int8_t *values, int32_t bias, int8_t *output)
{
    int32x4_t sum0 = vdupq_n_s32(bias);
    int32x4_t sum1 = sum0;
    int32x4_t sum2 = sum0;
    int32x4_t sum3 = sum0;
    for (int32_t p = params->positions; p > 0; --p) {
        const int32_t probability = *probabilities++;
        sum0 = vmlaq_n_s32(sum0, vldrbq_s32(values), probability);
        sum1 = vmlaq_n_s32(sum1, vldrbq_s32(values + LANES), probability);
        sum2 = vmlaq_n_s32(sum2, vldrbq_s32(values + 2 * LANES), probability);
        sum3 = vmlaq_n_s32(sum3, vldrbq_s32(values + 3 * LANES), probability);
        values += params->row_stride;
    }
    const int32_t multiplier = params->context_multiplier;
    const int32_t shift = params->context_shift;
    const int32_t zero_point = params->context_zero_point;
    vstrbq_s32(output, rescale(sum0, multiplier, shift, zero_point));
    vstrbq_s32(output + LANES, rescale(sum1, multiplier, shift, zero_point));
    vstrbq_s32(output + 2 * LANES, rescale(sum2, multiplier, shift, zero_point));
    vstrbq_s32(output + 3 * LANES, rescale(sum3, multiplier, shift, zero_point));
}

/* At most four columns. */
static inline void context_few(const ss_attention_params *params, const int32_t *probabilities, const int8_t *values,
                               int32_t bias, mve_pred16_t lanes, int8_t *output)
{
    int32x4_t sum = vdupq_n_s32(bias);
    for (int32_t p = params->positions; p > 0; --p) {
        sum = vmlaq_n_s32(sum, vldrbq_z_s32(values, lanes), *probabilities++);
        values += params->row_stride;
    }
    vstrbq_p_s32(output,
                 rescale(sum, params->context_multiplier, params->context_shift, params->context_zero_point), lanes);
}

static inline void context_columns(const ss_attention_params *params, const int32_t *probabilities,
                                   const int8_t *values, int32_t bias, int8_t *output)
{
    int32_t d = 0;
    for (; d + COLUMNS <= params->head_dim; d += COLUMNS) {
        context_sixteen(params, probabilities, values + d, bias, output + d);
    }
    for (; d < params->head_dim; d += LANES) {
        const mve_pred16_t lanes = vctp32q((uint32_t)(params->head_dim - d));
        context_few(params, probabilities, values + d, bias, lanes, output + d);
    }
}

void ss_attention_s8_mve(const ss_attention_params *params, const int8_t *query, const int8_t *keys,
                         const int8_t *values, int8_t *output, void *scratch)
{
    int32_t *row = scratch;
    for (int32_t h = 0; h < params->heads; ++h) {
        const int32_t first = h * params->head_dim;
        const int32_t largest = score_positions(params, query + first, keys + first, row);
        const ss_reciprocal inverse = exponentials_in_place(params, largest, row);
        const int32_t sum = probabilities_in_place(params, inverse, row);
        context_columns(params, row, values + first, -params->value_zero_point * sum, output + first);
    }
}

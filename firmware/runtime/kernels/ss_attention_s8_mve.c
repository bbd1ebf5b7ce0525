/*
 * The packer hands this kernel only attentions whose query has zero point 0 and that shift right or not at all.
 */
#include "ss_kernels.h"
#include "ss_mve.h"
#include "ss_softmax_row.h"

enum { LANES = 4, COLUMNS = 16, LARGEST_PROBABILITY = 255 };

/* The same columns of four positions. */
typedef struct {
    const int8_t *row0;
    const int8_t *row1;
    const int8_t *row2;
    const int8_t *row3;
} four_rows;

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

/* Query times four keys, fewer than 16 columns; predicated, because whole loads would read past the rings. Not inlined,
 * to leave the registers to the loop over whole tiles. */
__attribute__((noinline)) static int32x4_t tail_products(const int8_t *query, four_rows keys, uint32_t columns)
{
    const mve_pred16_t lanes = vctp8q(columns);
    const int8x16_t q = vldrbq_z_s8(query, lanes);
    const int32_t dot0 = vmladavq_s8(q, vldrbq_z_s8(keys.row0, lanes));
    const int32_t dot1 = vmladavq_s8(q, vldrbq_z_s8(keys.row1, lanes));
    const int32_t dot2 = vmladavq_s8(q, vldrbq_z_s8(keys.row2, lanes));
    const int32_t dot3 = vmladavq_s8(q, vldrbq_z_s8(keys.row3, lanes));
    return ss_four_lanes_mve(dot0, dot1, dot2, dot3);
}

/* Query times four keys: whole tiles of 16 columns, then `tail` more columns. The loop is in assembly for its LE form
 * and post-indexed loads. */
static inline int32x4_t four_dot_products(const int8_t *query, four_rows keys, uint32_t tiles, uint32_t tail,
                                          int32_t bias)
{
    int32_t dot0 = bias;
    int32_t dot1 = bias;
    int32_t dot2 = bias;
    int32_t dot3 = bias;
    __asm volatile(
        "wls lr, %[tiles], 2f\n"
        "1:\n\t"
        "vldrb.8 q0, [%[query]], #16\n\t"
        "vldrb.8 q1, [%[key0]], #16\n\t"
        "vmladava.s8 %[dot0], q0, q1\n\t"
        "vldrb.8 q2, [%[key1]], #16\n\t"
        "vmladava.s8 %[dot1], q0, q2\n\t"
        "vldrb.8 q1, [%[key2]], #16\n\t"
        "vmladava.s8 %[dot2], q0, q1\n\t"
        "vldrb.8 q2, [%[key3]], #16\n\t"
        "vmladava.s8 %[dot3], q0, q2\n\t"
        "le lr, 1b\n"
        "2:\n\t"
        : [query] "+&r"(query), [key0] "+&r"(keys.row0), [key1] "+&r"(keys.row1), [key2] "+&r"(keys.row2),
          [key3] "+&r"(keys.row3), [dot0] "+&Te"(dot0), [dot1] "+&Te"(dot1), [dot2] "+&Te"(dot2),
          [dot3] "+&Te"(dot3)
        : [tiles] "r"(tiles)
        : "q0", "q1", "q2", "lr", "memory");
    const int32x4_t dots = ss_four_lanes_mve(dot0, dot1, dot2, dot3);
    return tail == 0 ? dots : vaddq_s32(dots, tail_products(query, keys, tail));
}

/* Scores of all positions as int32; lanes past the last position repeat it. Returns the largest. */
static inline int32_t score_positions(const ss_attention_params *params, const int8_t *query, const int8_t *keys,
                                      int32_t *scores)
{
    const int32_t stride = params->row_stride;
    const uint32_t tiles = (uint32_t)params->head_dim / COLUMNS;
    const uint32_t tail = (uint32_t)params->head_dim % COLUMNS;
    const int32_t bias =
        params->key_zero_point == 0 ? 0 : -params->key_zero_point * sum_of_query(params, query);
    int32x4_t largest = vdupq_n_s32(INT8_MIN);
    int32_t left = params->positions;
    while (left > 0) {
        const int8_t *const last = keys + (left - 1) * stride;
        const four_rows rows = {
            keys,
            left > 1 ? keys + stride : last,
            left > 2 ? keys + 2 * stride : last,
            left > 3 ? keys + 3 * stride : last,
        };
        const int32x4_t four = rescale(four_dot_products(query, rows, tiles, tail, bias), params->score_multiplier,
                                       params->score_shift, params->score_zero_point);
        largest = vmaxq_s32(largest, four);
        vstrwq_s32(scores, four);
        scores += LANES;
        keys += LANES * stride;
        left -= LANES;
    }
    return vmaxvq_s32(INT8_MIN, largest);
}

/* Scores to exponentials in Q0.31, in place; 0 past the last position. Returns the reciprocal of their sum. */
static inline ss_reciprocal exponentials_in_place(const ss_attention_params *params, int32_t largest, int32_t *row)
{
    const int32_t *const exp_table = params->exp_table;
    const int32x4_t maximum = vdupq_n_s32(largest);
    const uint32_t tail = (uint32_t)params->positions % LANES;
    uint32_t sum = 0;
    for (uint32_t vectors = (uint32_t)params->positions / LANES; vectors > 0; --vectors) {
        const uint32x4_t below = vreinterpretq_u32_s32(vsubq_s32(maximum, vldrwq_s32(row)));
        const int32x4_t exponential = vldrwq_gather_shifted_offset_s32(exp_table, below);
        vstrwq_s32(row, exponential);
        sum = vaddvaq_u32(sum, vrshrq_n_u32(vreinterpretq_u32_s32(exponential), SS_SOFTMAX_ACCUMULATION_BITS));
        row += LANES;
    }
    if (tail > 0) {
        const uint32x4_t below = vreinterpretq_u32_s32(vsubq_s32(maximum, vldrwq_s32(row)));
        const int32x4_t exponential = vldrwq_gather_shifted_offset_z_s32(exp_table, below, vctp32q(tail));
        vstrwq_s32(row, exponential);
        sum = vaddvaq_u32(sum, vrshrq_n_u32(vreinterpretq_u32_s32(exponential), SS_SOFTMAX_ACCUMULATION_BITS));
    }
    return ss_softmax_reciprocal(sum);
}

/* Exponentials to probabilities in [0, 255], in place. Returns their sum. */
static inline int32_t probabilities_in_place(const ss_attention_params *params, ss_reciprocal inverse, int32_t *row)
{
    int32_t sum = 0;
    for (uint32_t vectors = ((uint32_t)params->positions + LANES - 1) / LANES; vectors > 0; --vectors) {
        const int32x4_t product = vqrdmulhq_n_s32(vldrwq_s32(row), inverse.scale);
        const int32x4_t rounded = vrshlq_n_s32(product, -inverse.exponent);
        const int32x4_t probability = vminq_s32(rounded, vdupq_n_s32(LARGEST_PROBABILITY));
        vstrwq_s32(row, probability);
        sum = vaddvaq_s32(sum, probability);
        row += LANES;
    }
    return sum;
}

/* Sixteen neighbouring columns of the context. In assembly for the LE form and immediate offsets of the loads. */
static inline void context_sixteen(const ss_attention_params *params, const int32_t *probabilities,
                                   const int8_t *values, int32_t bias, int8_t *output)
{
    int32x4_t sum0 = vdupq_n_s32(bias);
    int32x4_t sum1 = sum0;
    int32x4_t sum2 = sum0;
    int32x4_t sum3 = sum0;
    int32_t probability;
    __asm volatile(
        "dls lr, %[positions]\n"
        "1:\n\t"
        "ldr %[probability], [%[row]], #4\n\t"
        "vldrb.s32 q0, [%[values]]\n\t"
        "vmla.s32 %q[sum0], q0, %[probability]\n\t"
        "vldrb.s32 q1, [%[values], #4]\n\t"
        "vmla.s32 %q[sum1], q1, %[probability]\n\t"
        "vldrb.s32 q0, [%[values], #8]\n\t"
        "vmla.s32 %q[sum2], q0, %[probability]\n\t"
        "vldrb.s32 q1, [%[values], #12]\n\t"
        "vmla.s32 %q[sum3], q1, %[probability]\n\t"
        "add %[values], %[values], %[stride]\n\t"
        "le lr, 1b\n\t"
        : [row] "+&r"(probabilities), [values] "+&l"(values), [probability] "=&r"(probability), [sum0] "+&w"(sum0),
          [sum1] "+&w"(sum1), [sum2] "+&w"(sum2), [sum3] "+&w"(sum3)
        : [positions] "r"(params->positions), [stride] "r"(params->row_stride)
        : "q0", "q1", "lr", "memory");
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

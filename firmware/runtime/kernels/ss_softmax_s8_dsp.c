#include "ss_dsp.h"
#include "ss_kernels.h"
#include "ss_softmax_row.h"

enum { LANES = 4 };

static inline int32_t maximum_of(const int8_t *logits, int32_t size)
{
    int32_t largest = logits[size - 1];
    uint32_t four = 0x80808080U;
    for (; size >= LANES; size -= LANES, logits += LANES) {
        four = ss_maximum_s8x4(four, ss_load_four(logits));
    }
    for (; size > 0; --size, ++logits) {
        largest = *logits > largest ? *logits : largest;
    }
    four = ss_maximum_s8x4(four, four >> 16 | four << 16);
    four = ss_maximum_s8x4(four, four >> 8 | four << 24);
    return (int8_t)four > largest ? (int8_t)four : largest;
}

/* scale doubled, so that the rounded upper word of the product is round(scale * exponential / 2^31). */
typedef struct {
    uint32_t doubled_scale;
    uint32_t exponent;
    uint32_t half;
} reciprocal;

static inline uint32_t probability(reciprocal inverse, int32_t exponential)
{
    const uint64_t wide = (uint64_t)(uint32_t)exponential * inverse.doubled_scale;
    const uint32_t product = (uint32_t)(wide >> 32) + ((uint32_t)wide >> 31);
    const uint32_t rounded = (product + inverse.half) >> inverse.exponent;
    uint32_t saturated;
    __asm("usat %0, #8, %1" : "=r"(saturated) : "r"(rounded));
    return saturated;
}

static void one_row(const int32_t *exp_table, const int8_t *logits, int32_t size, int8_t *probabilities)
{
    const int32_t maximum = maximum_of(logits, size);
    const uint32_t maximum_four = (uint32_t)(uint8_t)maximum * 0x01010101U;
    const int32_t whole = size & ~(LANES - 1);
    uint32_t sum = 0;
    for (int32_t i = 0; i < whole; i += LANES) {
        const uint32_t below = ss_subtract_u8x4(maximum_four, ss_load_four(logits + i));
        sum += ss_softmax_term(exp_table[below & 255U]);
        sum += ss_softmax_term(exp_table[below >> 8 & 255U]);
        sum += ss_softmax_term(exp_table[below >> 16 & 255U]);
        sum += ss_softmax_term(exp_table[below >> 24]);
    }
    for (int32_t i = whole; i < size; ++i) {
        sum += ss_softmax_term(exp_table[maximum - logits[i]]);
    }
    const ss_reciprocal exact = ss_softmax_reciprocal(sum);
    const reciprocal inverse = {
        .doubled_scale = (uint32_t)exact.scale << 1,
        .exponent = (uint32_t)exact.exponent,
        .half = UINT32_C(1) << exact.exponent >> 1,
    };
    for (int32_t i = 0; i < whole; i += LANES) {
        const uint32_t below = ss_subtract_u8x4(maximum_four, ss_load_four(logits + i));
        const uint32_t p0 = probability(inverse, exp_table[below & 255U]);
        const uint32_t p1 = probability(inverse, exp_table[below >> 8 & 255U]);
        const uint32_t p2 = probability(inverse, exp_table[below >> 16 & 255U]);
        const uint32_t p3 = probability(inverse, exp_table[below >> 24]);
        ss_store_four(probabilities + i, (p0 | p1 << 8 | p2 << 16 | p3 << 24) ^ 0x80808080U);
    }
    for (int32_t i = whole; i < size; ++i) {
        probabilities[i] = (int8_t)((int32_t)probability(inverse, exp_table[maximum - logits[i]]) - 128);
    }
}

void ss_softmax_s8_dsp(const ss_softmax_params *params, const int8_t *input, int8_t *output, void *scratch)
{
    (void)scratch;
    for (int32_t row = 0; row < params->rows; ++row) {
        one_row(params->exp_table, input + row * params->size, params->size, output + row * params->size);
    }
}

#include "ss_kernels.h"
#include "ss_mve.h"
#include "ss_softmax_row.h"

enum { LANES = 4, BYTES = 16, LARGEST_PROBABILITY = 255 };

static inline int32_t maximum_of(const int8_t *logits, int32_t size)
{
    int8x16_t largest = vdupq_n_s8(INT8_MIN);
    for (; size >= BYTES; size -= BYTES, logits += BYTES) {
        largest = vmaxq_s8(largest, vldrbq_s8(logits));
    }
    if (size > 0) {
        const mve_pred16_t lanes = vctp8q((uint32_t)size);
        largest = vmaxq_m_s8(largest, largest, vldrbq_z_s8(logits, lanes), lanes);
    }
    return vmaxvq_s8(INT8_MIN, largest);
}

static inline uint32_t term_sum(uint32_t sum, int32x4_t exponential)
{
    return vaddvaq_u32(sum, vrshrq_n_u32(vreinterpretq_u32_s32(exponential), SS_SOFTMAX_ACCUMULATION_BITS));
}

static inline int32x4_t probability(ss_reciprocal inverse, int32x4_t exponential)
{
    const int32x4_t rounded = vrshlq_n_s32(vqrdmulhq_n_s32(exponential, inverse.scale), -inverse.exponent);
    return vsubq_n_s32(vminq_s32(rounded, vdupq_n_s32(LARGEST_PROBABILITY)), 128);
}

static inline uint32x4_t below(int32x4_t maximum, int32x4_t logits)
{
    return vreinterpretq_u32_s32(vsubq_s32(maximum, logits));
}

static void one_row(const int32_t *exp_table, const int8_t *logits, int32_t size, int8_t *probabilities)
{
    const int32x4_t maximum = vdupq_n_s32(maximum_of(logits, size));
    const int32_t whole = size & ~(LANES - 1);
    const mve_pred16_t tail = vctp32q((uint32_t)(size - whole));
    uint32_t sum = 0;
    for (int32_t i = 0; i < whole; i += LANES) {
        const int32x4_t logit = vldrbq_s32(logits + i);
        sum = term_sum(sum, vldrwq_gather_shifted_offset_s32(exp_table, below(maximum, logit)));
    }
    if (whole < size) {
        const int32x4_t logit = vldrbq_z_s32(logits + whole, tail);
        sum = term_sum(sum, vldrwq_gather_shifted_offset_z_s32(exp_table, below(maximum, logit), tail));
    }
    const ss_reciprocal inverse = ss_softmax_reciprocal(sum);
    for (int32_t i = 0; i < whole; i += LANES) {
        const int32x4_t logit = vldrbq_s32(logits + i);
        const int32x4_t exponential = vldrwq_gather_shifted_offset_s32(exp_table, below(maximum, logit));
        vstrbq_s32(probabilities + i, probability(inverse, exponential));
    }
    if (whole < size) {
        const int32x4_t logit = vldrbq_z_s32(logits + whole, tail);
        const int32x4_t exponential =
            vldrwq_gather_shifted_offset_z_s32(exp_table, below(maximum, logit), tail);
        vstrbq_p_s32(probabilities + whole, probability(inverse, exponential), tail);
    }
}

void ss_softmax_s8_mve(const ss_softmax_params *params, const int8_t *input, int8_t *output, void *scratch)
{
    (void)scratch;
    for (int32_t row = 0; row < params->rows; ++row) {
        one_row(params->exp_table, input + row * params->size, params->size, output + row * params->size);
    }
}

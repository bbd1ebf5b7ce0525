/*
 * Mel energies for Cortex-M55: the integers of ss_mel_ref.c.
 *
 * ss_fft512_power leaves H and L, the words of (power >> 16) = 2^16 H + L, so one 64-bit accumulator takes the products
 * of two bins with (weight, weight << 16). Over a segment one filter rises and its neighbour falls; the sum that rose
 * over the last segment goes on falling over this one.
 */
#include <arm_mve.h>

#include "ss_log_mel.h"
#include "ss_log_mel_tables.h"
#include "ss_mel.h"

enum {
    LANES = 4,
    WEIGHT_BITS = 15,
    LOG2_BITS = 15,
    LOG2_SEGMENT_BITS = 5,
    FEATURE_SHIFT = LOG2_BITS - 3, /* Q15 to eighths */
};

/* Adds every power of a segment times its weight to `rising` and times the complement to `falling`. */
static inline void accumulate(const uint64_t *power, const uint32_t *weight, uint32_t bins, uint32x4_t one,
                              uint64_t *rising, uint64_t *falling)
{
    __asm volatile(
        "wlstp.32 lr, %[count], 2f\n"
        "1:\n\t"
        "vldrw.32 q0, [%[power]], #16\n\t"
        "vldrw.32 q1, [%[weight]], #16\n\t"
        "vmlaldava.u32 %Q[up], %R[up], q0, q1\n\t"
        "vsub.i32 q2, %q[one], q1\n\t"
        "vmlaldava.u32 %Q[down], %R[down], q0, q2\n\t"
        "letp lr, 1b\n"
        "2:\n\t"
        : [power] "+&r"(power), [weight] "+&r"(weight), [up] "+&r"(*rising), [down] "+&r"(*falling)
        : [count] "r"(2U * bins), [one] "w"(one)
        : "q0", "q1", "q2", "lr", "memory");
}

/* Energies of the 40 filters to energy[0 .. 39]. They may take the place of powers: filter s - 1 is stored when the
 * bins of segment s, which lie behind power[s - 1], have been read. */
static void mel_energies(const uint64_t *power, uint64_t *energy)
{
    const uint32_t unit = UINT32_C(1) << WEIGHT_BITS;
    const uint32x4_t one = {unit, unit << 16, unit, unit << 16};
    const int16_t *edge = ss_log_mel_first_bin;
    uint32_t first = (uint32_t)*edge;
    const uint32_t *weight = ss_log_mel_mve_weight;
    uint64_t falling = 0U;
    for (uint32_t segment = 0U; segment <= SS_LOG_MEL_BINS; ++segment) {
        const uint32_t next = (uint32_t)*++edge;
        uint64_t rising = 0U;
        accumulate(power + first, weight, next - first, one, &rising, &falling);
        weight += 2U * (next - first);
        first = next;
        if (segment != 0U) {
            energy[segment - 1U] = falling;
        }
        falling = rising;
    }
}

/* round(8 log2(energy)) - 8 reference of four energies, as ss_mel_feature does it; 0 counts as the smallest energy. */
static inline int32x4_t four_features(uint32x4_t low, uint32x4_t high)
{
    const uint32x4_t high_zeros = vclzq_u32(high);
    const mve_pred16_t is_small = vcmpeqq_n_u32(high, 0U);
    const mve_pred16_t is_zero = vcmpeqq_m_n_u32(low, 0U, is_small);
    const uint32x4_t some = vdupq_m_n_u32(low, 1U, is_zero);
    const uint32x4_t zeros = vaddq_m_u32(high_zeros, high_zeros, vclzq_u32(some), is_small);
    const int32x4_t left = vreinterpretq_s32_u32(zeros);
    /* A shift by 32 or more to either side leaves nothing; a negative one goes right. */
    const uint32x4_t mantissa = vorrq_u32(vshlq_u32(high, left), vshlq_u32(some, vsubq_n_s32(left, 32)));
    const uint32x4_t fraction = vandq_u32(mantissa, vdupq_n_u32(0x7FFFFFFFU));
    const uint32x4_t segment = vshrq_n_u32(fraction, 31 - LOG2_SEGMENT_BITS);
    const uint32x4_t within =
        vandq_u32(vshrq_n_u32(mantissa, 31 - LOG2_SEGMENT_BITS - 16), vdupq_n_u32(0xFFFFU));
    const uint32x4_t base = vldrhq_gather_shifted_offset_u32(ss_log_mel_log2, segment);
    const uint32x4_t next = vldrhq_gather_shifted_offset_u32(ss_log_mel_log2 + 1, segment);
    const uint32x4_t interpolated = vaddq_u32(base, vshrq_n_u32(vmulq_u32(vsubq_u32(next, base), within), 16));
    const int32_t offset = (63 - ss_log_mel_reference_log2) * (1 << LOG2_BITS);
    const int32x4_t level =
        vsubq_s32(vreinterpretq_s32_u32(vaddq_n_u32(interpolated, (uint32_t)offset)), vshlq_n_s32(left, LOG2_BITS));
    return vrshrq_n_s32(level, FEATURE_SHIFT);
}

void ss_mel_features(ss_fft512_buffer *buffer, int8_t features[SS_LOG_MEL_BINS])
{
    mel_energies(buffer->power, buffer->power);
    const uint32_t *const energy = (const uint32_t *)(const void *)buffer->power;
    const int32x4_t lowest = vdupq_n_s32(INT8_MIN);
    const int32x4_t highest = vdupq_n_s32(INT8_MAX);
    for (uint32_t filter = 0U; filter < SS_LOG_MEL_BINS; filter += LANES) {
        const uint32x4x2_t energies = vld2q_u32(energy + 2U * filter);
        const int32x4_t rounded = four_features(energies.val[0], energies.val[1]);
        vstrbq_s32(features + filter, vminq_s32(vmaxq_s32(rounded, lowest), highest));
    }
}

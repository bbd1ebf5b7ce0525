/*
 * Mel energies for Cortex-M4, M7 and M33: the integers of ss_mel_ref.c.
 *
 * A power >> 16 is 2^16 H + L with H its upper word and L the upper half of its lower word. Sums of H fit 32 bits (the
 * power of all bins together is below 2^46), products go to 64-bit accumulators of their own, and the parts meet once a
 * segment.
 */
#include "ss_log_mel.h"
#include "ss_log_mel_tables.h"
#include "ss_mel.h"

enum { LOG2_BITS = 15, LOG2_SEGMENT_BITS = 5, FEATURE_SHIFT = LOG2_BITS - 3 /* Q15 to eighths */ };

/* One bin: its low word is in `low`, its high word in `high`; r2 reads the weights. */
#define ADD_BIN(low, high)             \
    "ldrh r3, [r2], #2\n"              \
    "add r8, r8, " low ", lsr #16\n"   \
    "lsr " low ", " low ", #16\n"      \
    "add r9, r9, " high "\n"           \
    "umlal r10, r11, " low ", r3\n"    \
    "umlal r12, lr, " high ", r3\n"

/*
 * Energies of the 40 filters to energy[1 .. 40]; energy[0] is used up. They may take the place of powers: energy[s] is
 * stored when the bins of segment s, which lie behind power[s], have been read. Over segment s filter s rises and filter
 * s - 1 falls with the complementary weight: falling = 2^15 total - rising.
 *
 * Per segment: r8, r9 sum L and H, r10, r11 and r12, lr their products.
 * Stack: [0] power, [4] edge, [8] energy, [12] end of the edges, [16] what rose over the segment before.
 */
__attribute__((naked, noinline)) static void mel_energies(const uint64_t *power __attribute__((unused)),
                                                          const int16_t *edge __attribute__((unused)),
                                                          const uint16_t *weight __attribute__((unused)),
                                                          uint64_t *energy __attribute__((unused)))
{
    __asm volatile(
        ".syntax unified\n"
        "push {r4-r11, lr}\n"
        "sub sp, sp, #28\n"
        "add r4, r1, #84\n"
        "ldrsh r5, [r1], #2\n"
        "strd r0, r1, [sp]\n"
        "strd r3, r4, [sp, #8]\n"
        "add r0, r0, r5, lsl #3\n"
        "1:\n" /* segment */
        "ldrd r4, r5, [sp]\n"
        "ldrsh r1, [r5], #2\n"
        "str r5, [sp, #4]\n"
        "add r1, r4, r1, lsl #3\n"
        "ldrd r4, r9, [r0], #8\n" /* the first bin */
        "ldrh r3, [r2], #2\n"
        "lsr r8, r4, #16\n"
        "umull r10, r11, r8, r3\n"
        "umull r12, lr, r9, r3\n"
        "subs r3, r1, r0\n"
        "beq 3f\n"
        "lsls r3, r3, #28\n"
        "bpl 2f\n"
        "ldrd r4, r5, [r0], #8\n" /* the odd one */
        ADD_BIN("r4", "r5")
        "cmp r0, r1\n"
        "beq 3f\n"
        "2:\n" /* two bins */
        "ldmia r0!, {r4-r7}\n"
        ADD_BIN("r4", "r5")
        ADD_BIN("r6", "r7")
        "cmp r0, r1\n"
        "bne 2b\n"
        "3:\n"
        "adds r10, r10, r12, lsl #16\n" /* rising = 2^16 (r12, lr) + (r10, r11) */
        "lsr r12, r12, #16\n"
        "orr r12, r12, lr, lsl #16\n"
        "adc r11, r11, r12\n"
        "ldrd r6, r7, [sp, #8]\n"
        "ldrd r4, r5, [sp, #16]\n"
        "strd r10, r11, [sp, #16]\n"
        "subs r4, r4, r10\n" /* what rose before - rising */
        "sbc r5, r5, r11\n"
        "adds r4, r4, r8, lsl #15\n" /* + 2^15 L */
        "adc r5, r5, r8, lsr #17\n"
        "adds r4, r4, r9, lsl #31\n" /* + 2^31 H */
        "adc r5, r5, r9, lsr #1\n"
        "strd r4, r5, [r6], #8\n"
        "str r6, [sp, #8]\n"
        "ldr r5, [sp, #4]\n"
        "cmp r5, r7\n"
        "bne 1b\n"
        "add sp, sp, #28\n"
        "pop {r4-r11, pc}\n");
}

/* round(8 log2(energy)) - 8 reference, saturated, as ss_mel_feature does it; 0 counts as the smallest energy. */
static inline int32_t feature(uint32_t low, uint32_t high, int32_t offset)
{
    uint32_t zeros;
    uint32_t mantissa;
    if (high != 0U) {
        zeros = (uint32_t)__builtin_clz(high);
        mantissa = (high << zeros) | (low >> 1 >> (31U - zeros));
    } else {
        const uint32_t positive = low == 0U ? 1U : low;
        zeros = (uint32_t)__builtin_clz(positive);
        mantissa = positive << zeros;
        zeros += 32U;
    }
    const uint32_t segment = (mantissa >> (31 - LOG2_SEGMENT_BITS)) & ((1U << LOG2_SEGMENT_BITS) - 1U);
    const uint32_t within = (mantissa >> (31 - LOG2_SEGMENT_BITS - 16)) & 0xFFFFU;
    const uint16_t *const base = ss_log_mel_log2 + segment;
    const uint32_t fraction = base[0] + (((uint32_t)(base[1] - base[0]) * within) >> 16);
    const int32_t level = offset + (int32_t)fraction - (int32_t)(zeros << LOG2_BITS);
    int32_t saturated;
    __asm("ssat %0, #8, %1, asr %2" : "=r"(saturated) : "r"(level), "i"(FEATURE_SHIFT));
    return saturated;
}

void ss_mel_features(ss_fft512_buffer *buffer, int8_t features[SS_LOG_MEL_BINS])
{
    mel_energies(buffer->power, ss_log_mel_first_bin, ss_log_mel_weight, buffer->power);
    const uint32_t *energy = (const uint32_t *)(const void *)buffer->power;
    const int32_t half = 1 << (FEATURE_SHIFT - 1);
    const int32_t offset = (63 - ss_log_mel_reference_log2) * (1 << LOG2_BITS) + half;
    for (uint32_t filter = 0U; filter < SS_LOG_MEL_BINS; ++filter) {
        energy += 2;
        features[filter] = (int8_t)feature(energy[0], energy[1], offset);
    }
}

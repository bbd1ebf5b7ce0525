/*
 * The transform for Cortex-M55: the integers of ss_fft512_ref.c, two complex values a vector.
 *
 * VQRDMLSDH and VQRDMLADHX with twiddles in Q31 are one rounded rotation: both products are added, doubled and rounded
 * once. The loops are in assembly for the LE form, post-indexed loads and the eight registers.
 */
#include <arm_mve.h>

#include "ss_fft512.h"
#include "ss_log_mel_tables.h"

enum {
    PADDED_GROUPS = 8,    /* first butterflies whose fourth point is not padding */
    FIRST_STAGE_GROUPS = 64,
    POINT_SAMPLES = 128,  /* from one point of a first butterfly to the next */
    WINDOW_SHIFT = 9,
    STAGE_WORDS = 12,     /* rotations of two butterflies */
};

/* Samples of two complex points times the window, 7 fraction bits. */
static inline int32x4_t windowed(const int16_t *samples, const uint16_t *window)
{
    const int32x4_t product = vmulq_s32(vldrhq_s32(samples), vreinterpretq_s32_u32(vldrhq_u32(window)));
    return vrshrq_n_s32(product, WINDOW_SHIFT);
}

/* First-stage butterflies with all four points, two at a time; the digit reversals of n and n + 1 are 64 apart. */
static void padded_groups(ss_complex32 *spectrum, const int16_t *samples)
{
    const uint16_t *window = ss_log_mel_window;
    const uint64x2_t places = {0U, SS_FFT512_POINTS / 4U * sizeof *spectrum};
    for (uint32_t n = 0U; n < PADDED_GROUPS; n += 2U) {
        const int32x4_t a = windowed(samples, window);
        const int32x4_t b = windowed(samples + POINT_SAMPLES, window + POINT_SAMPLES);
        const int32x4_t c = windowed(samples + 2 * POINT_SAMPLES, window + 2 * POINT_SAMPLES);
        const int32x4_t d = windowed(samples + 3 * POINT_SAMPLES, window + 3 * POINT_SAMPLES);
        const int32x4_t sum = vaddq_s32(a, c);
        const int32x4_t difference = vsubq_s32(a, c);
        const int32x4_t cross = vaddq_s32(b, d);
        const int32x4_t turning = vsubq_s32(b, d);
        int64_t *const z = (int64_t *)(void *)(spectrum + ss_log_mel_digit_reversal[n]);
        vstrdq_scatter_offset_s64(z, places, vreinterpretq_s64_s32(vaddq_s32(sum, cross)));
        vstrdq_scatter_offset_s64(z + 1, places,
                                  vreinterpretq_s64_s32(vcaddq_rot270_s32(difference, turning)));
        vstrdq_scatter_offset_s64(z + 2, places, vreinterpretq_s64_s32(vsubq_s32(sum, cross)));
        vstrdq_scatter_offset_s64(z + 3, places,
                                  vreinterpretq_s64_s32(vcaddq_rot90_s32(difference, turning)));
        samples += 4;
        window += 4;
    }
}

/* The other first-stage butterflies, whose fourth point is zero: 25 instructions for two. */
static void groups(ss_complex32 *spectrum, const int16_t *samples)
{
    static const uint32_t places[4][4] = {
        {0U, 0U, 512U, 0U}, {8U, 0U, 520U, 0U}, {16U, 0U, 528U, 0U}, {24U, 0U, 536U, 0U}};
    const uint16_t *window_a = ss_log_mel_window + 2 * PADDED_GROUPS;
    const uint16_t *window_b = window_a + POINT_SAMPLES;
    const uint16_t *window_c = window_b + POINT_SAMPLES;
    const int16_t *samples_b = samples + POINT_SAMPLES;
    const int16_t *samples_c = samples_b + POINT_SAMPLES;
    const uint8_t *place = ss_log_mel_digit_reversal + PADDED_GROUPS;
    const uint32_t(*offsets)[4] = places;
    uint32_t z;
    __asm volatile(
        "vldrw.32 q4, [%[offsets]]\n\t"
        "vldrw.32 q5, [%[offsets], #16]\n\t"
        "vldrw.32 q6, [%[offsets], #32]\n\t"
        "vldrw.32 q7, [%[offsets], #48]\n\t"
        "dls lr, %[count]\n"
        "1:\n\t"
        "vldrh.s32 q0, [%[samples_a]], #8\n\t"
        "vldrh.u32 q3, [%[window_a]], #8\n\t"
        "vmul.i32 q0, q0, q3\n\t"
        "vldrh.s32 q2, [%[samples_c]], #8\n\t"
        "vrshr.s32 q0, q0, #9\n\t"
        "vldrh.u32 q3, [%[window_c]], #8\n\t"
        "vmul.i32 q2, q2, q3\n\t"
        "vldrh.s32 q1, [%[samples_b]], #8\n\t"
        "vrshr.s32 q2, q2, #9\n\t"
        "vldrh.u32 q3, [%[window_b]], #8\n\t"
        "vmul.i32 q1, q1, q3\n\t"
        "ldrb %[z], [%[place]], #2\n\t"
        "vrshr.s32 q1, q1, #9\n\t"
        "add %[z], %[spectrum], %[z], lsl #3\n\t"
        "vadd.i32 q3, q0, q2\n\t" /* sum */
        "vsub.i32 q0, q0, q2\n\t" /* difference */
        "vadd.i32 q2, q3, q1\n\t"
        "vsub.i32 q3, q3, q1\n\t"
        "vstrd.64 q2, [%[z], q4]\n\t"
        "vcadd.i32 q2, q0, q1, #270\n\t"
        "vstrd.64 q3, [%[z], q6]\n\t"
        "vcadd.i32 q0, q0, q1, #90\n\t"
        "vstrd.64 q2, [%[z], q5]\n\t"
        "vstrd.64 q0, [%[z], q7]\n\t"
        "le lr, 1b\n\t"
        : [samples_a] "+&l"(samples), [samples_b] "+&l"(samples_b), [samples_c] "+&l"(samples_c),
          [window_a] "+&l"(window_a), [window_b] "+&l"(window_b), [window_c] "+&l"(window_c),
          [place] "+&r"(place), [z] "=&r"(z)
        : [spectrum] "r"(spectrum), [offsets] "r"(offsets),
          [count] "r"((FIRST_STAGE_GROUPS - PADDED_GROUPS) / 2)
        : "q0", "q1", "q2", "q3", "q4", "q5", "q6", "q7", "lr", "memory");
}

/* The vector in q0 times the rotations in `twiddle`. */
#define ROTATE_Q0(result, twiddle)                     \
    "vqrdmlsdh.s32 " result ", q0, " twiddle "\n\t"    \
    "vqrdmladhx.s32 " result ", q0, " twiddle "\n\t"

/* From q0 and the rotated q1, q2, q3 to the butterfly's four results in q3, q0, q4, q2. */
#define BUTTERFLY                             \
    "vadd.i32 q4, q0, q2\n\t" /* sum */       \
    "vsub.i32 q2, q0, q2\n\t" /* difference */ \
    "vadd.i32 q0, q1, q3\n\t" /* cross */     \
    "vsub.i32 q1, q1, q3\n\t"                 \
    "vadd.i32 q3, q4, q0\n\t"                 \
    "vsub.i32 q4, q4, q0\n\t"                 \
    "vcadd.i32 q0, q2, q1, #270\n\t"          \
    "vcadd.i32 q2, q2, q1, #90\n\t"

/* Two butterflies of every group of the stage of quarter 4; their rotations stay in registers. */
static inline void stage_of_four(ss_complex32 *z, const int32_t *rotations)
{
    __asm volatile(
        "vldrw.32 q5, [%[rotations]]\n\t"
        "vldrw.32 q6, [%[rotations], #16]\n\t"
        "vldrw.32 q7, [%[rotations], #32]\n\t"
        "dls lr, %[count]\n"
        "1:\n\t"
        "vldrw.32 q0, [%[z], #32]\n\t"
        ROTATE_Q0("q1", "q5")
        "vldrw.32 q0, [%[z], #64]\n\t"
        ROTATE_Q0("q2", "q6")
        "vldrw.32 q0, [%[z], #96]\n\t"
        ROTATE_Q0("q3", "q7")
        "vldrw.32 q0, [%[z]]\n\t"
        BUTTERFLY
        "vstrw.32 q0, [%[z], #32]\n\t"
        "vstrw.32 q4, [%[z], #64]\n\t"
        "vstrw.32 q2, [%[z], #96]\n\t"
        "vstrw.32 q3, [%[z]], #128\n\t"
        "le lr, 1b\n\t"
        : [z] "+&l"(z)
        : [rotations] "r"(rotations), [count] "r"(SS_FFT512_POINTS / 16)
        : "q0", "q1", "q2", "q3", "q4", "q5", "q6", "q7", "lr", "memory");
}

/* All butterflies of one group, two at a time. */
static inline void group(ss_complex32 *a, const int32_t *rotations, uint32_t quarter)
{
    ss_complex32 *b = a + quarter;
    ss_complex32 *c = b + quarter;
    ss_complex32 *d = c + quarter;
    __asm volatile(
        "dls lr, %[count]\n"
        "1:\n\t"
        "vldrw.32 q0, [%[b]]\n\t"
        "vldrw.32 q5, [%[rotations]], #16\n\t"
        ROTATE_Q0("q1", "q5")
        "vldrw.32 q0, [%[c]]\n\t"
        "vldrw.32 q5, [%[rotations]], #16\n\t"
        ROTATE_Q0("q2", "q5")
        "vldrw.32 q0, [%[d]]\n\t"
        "vldrw.32 q5, [%[rotations]], #16\n\t"
        ROTATE_Q0("q3", "q5")
        "vldrw.32 q0, [%[a]]\n\t"
        BUTTERFLY
        "vstrw.32 q0, [%[b]], #16\n\t"
        "vstrw.32 q4, [%[c]], #16\n\t"
        "vstrw.32 q2, [%[d]], #16\n\t"
        "vstrw.32 q3, [%[a]], #16\n\t"
        "le lr, 1b\n\t"
        : [a] "+&l"(a), [b] "+&l"(b), [c] "+&l"(c), [d] "+&l"(d), [rotations] "+&l"(rotations)
        : [count] "r"(quarter / 2U)
        : "q0", "q1", "q2", "q3", "q4", "q5", "lr", "memory");
}

static void rotating_stages(ss_complex32 *z)
{
    const int32_t *rotations = ss_log_mel_mve_rotations;
    stage_of_four(z, rotations);
    stage_of_four(z + 2, rotations + STAGE_WORDS);
    rotations += 2 * STAGE_WORDS;
    for (uint32_t start = 0U; start < SS_FFT512_POINTS; start += 64U) {
        group(z + start, rotations, 16U);
    }
    group(z, rotations + 8 * STAGE_WORDS, 64U);
}

/*
 * Bins k, k + 1 and 256 - k, 255 - k. With s = j conj Z[256-k], which a gather load in swapped order gives:
 * e = Z[k] - j s and o = s - j Z[k]. VADCI adds the squares as 64-bit numbers: no sum carries out of its upper word.
 * The lower words lose the 16 bits that the mel sums shift out; k = 128 is its own counterpart.
 */
static void split_power(ss_complex32 *spectrum)
{
    static const uint32_t offsets[3][4] = {
        {12U, 8U, 4U, 0U},                             /* swapped and backwards */
        {8U, 0U, 0U, 0U},                              /* backwards, as 64-bit offsets */
        {(uint32_t)-16, 0U, (uint32_t)-16, 0U},        /* shift of the lower words */
    };
    ss_complex32 *low = spectrum + 1;
    ss_complex32 *high = spectrum + SS_FFT512_POINTS - 2;
    const int32_t *rotations = ss_log_mel_mve_split;
    const uint32_t(*constants)[4] = offsets;
    __asm volatile(
        "vldrw.32 q5, [%[constants]]\n\t"
        "vldrw.32 q6, [%[constants], #16]\n\t"
        "vldrw.32 q7, [%[constants], #32]\n\t"
        "dls lr, %[count]\n"
        "1:\n\t"
        "vldrw.32 q0, [%[low]]\n\t"
        "vldrw.u32 q1, [%[high], q5]\n\t"
        "vcadd.i32 q2, q0, q1, #270\n\t" /* e */
        "vcadd.i32 q3, q1, q0, #270\n\t" /* o */
        "vldrw.32 q0, [%[rotations]], #16\n\t"
        "vqrdmlsdh.s32 q1, q3, q0\n\t"
        "vqrdmladhx.s32 q1, q3, q0\n\t"
        "vadd.i32 q3, q2, q1\n\t"
        "vsub.i32 q2, q2, q1\n\t"
        "vmullb.s32 q0, q3, q3\n\t"
        "vmullt.s32 q1, q3, q3\n\t"
        "vadci.i32 q0, q0, q1\n\t"
        "vshl.u32 q0, q0, q7\n\t"
        "vmullb.s32 q3, q2, q2\n\t"
        "vstrw.32 q0, [%[low]], #16\n\t"
        "vmullt.s32 q1, q2, q2\n\t"
        "vadci.i32 q3, q3, q1\n\t"
        "vshl.u32 q3, q3, q7\n\t"
        "vstrd.64 q3, [%[high], q6]\n\t"
        "sub %[high], %[high], #16\n\t"
        "le lr, 1b\n\t"
        : [low] "+&l"(low), [high] "+&r"(high), [rotations] "+&l"(rotations)
        : [constants] "r"(constants), [count] "r"(SS_FFT512_POINTS / 4)
        : "q0", "q1", "q2", "q3", "q5", "q6", "q7", "lr", "cc", "memory");
}

void ss_fft512_power(ss_fft512_buffer *buffer, const int16_t samples[400])
{
    padded_groups(buffer->spectrum, samples);
    groups(buffer->spectrum, samples + 2 * PADDED_GROUPS);
    rotating_stages(buffer->spectrum);
    split_power(buffer->spectrum);
    buffer->power[0] = 0U;
}

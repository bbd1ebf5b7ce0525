/*
 * The transform for Cortex-M4, M7 and M33: the integers of ss_fft512_ref.c by way of other scalings.
 *
 * Between the stages every value is stored doubled (it stays below 2^31, since no value reaches 2^30) and twiddles are
 * Q31. The product is then 4 z w in Q30, its rounded half is the upper word plus bit 31 of the lower one, and a rotation
 * takes 6 instructions. Sums of rotated and stored values double the former with the shifter of the addition.
 */
#include "ss_fft512.h"
#include "ss_log_mel_tables.h"

enum {
    PADDED_GROUPS = 8,  /* first butterflies whose fourth point is not padding */
    FIRST_STAGE_GROUPS = 64,
};

/* (2 round(sample * weight / 2^9)) for both samples of a word, weights in Q24. One more than the product's upper bits,
 * without its lowest bit, is twice the rounded half. */
static inline ss_complex32 windowed(uint32_t pair, const int32_t *weight)
{
    int32_t re;
    int32_t im;
    __asm("smlawb %0, %1, %2, %3" : "=r"(re) : "r"(weight[0]), "r"(pair), "r"(1));
    __asm("smlawt %0, %1, %2, %3" : "=r"(im) : "r"(weight[1]), "r"(pair), "r"(1));
    return (ss_complex32){re & ~1, im & ~1};
}

static inline uint32_t load_pair(const int16_t *samples)
{
    uint32_t pair;
    __builtin_memcpy(&pair, samples, sizeof pair);
    return pair;
}

static inline ss_complex32 add(ss_complex32 a, ss_complex32 b)
{
    return (ss_complex32){a.re + b.re, a.im + b.im};
}

static inline ss_complex32 subtract(ss_complex32 a, ss_complex32 b)
{
    return (ss_complex32){a.re - b.re, a.im - b.im};
}

/* First-stage butterflies with all four points. */
static const int32_t *padded_groups(ss_complex32 *spectrum, const int16_t *samples)
{
    const int32_t *stream = ss_log_mel_dsp_first_stage;
    for (uint32_t n = 0U; n < PADDED_GROUPS; ++n, samples += 2) {
        ss_complex32 *const z = (ss_complex32 *)(void *)((char *)spectrum + *stream++);
        const ss_complex32 a = windowed(load_pair(samples), stream);
        const ss_complex32 b = windowed(load_pair(samples + 128), stream + 2);
        const ss_complex32 c = windowed(load_pair(samples + 256), stream + 4);
        const ss_complex32 d = windowed(load_pair(samples + 384), stream + 6);
        stream += 8;
        const ss_complex32 sum = add(a, c);
        const ss_complex32 difference = subtract(a, c);
        const ss_complex32 cross = add(b, d);
        const ss_complex32 turned = {b.im - d.im, d.re - b.re}; /* -j (b - d) */
        z[0] = add(sum, cross);
        z[1] = add(difference, turned);
        z[2] = subtract(sum, cross);
        z[3] = subtract(difference, turned);
    }
    return stream;
}

/* The other first-stage butterflies, whose fourth point is zero: window, butterfly and digit reversal in 33
 * instructions each. */
__attribute__((naked, noinline)) static void groups(ss_complex32 *spectrum __attribute__((unused)),
                                                    const int16_t *samples __attribute__((unused)),
                                                    const int32_t *stream __attribute__((unused)),
                                                    const int16_t *samples_end __attribute__((unused)))
{
    __asm volatile(
        ".syntax unified\n"
        "push {r4-r11, lr}\n"
        "push {r0, r3}\n"
        "mov lr, #1\n"
        "1:\n"
        "ldmia r2!, {r4-r10}\n"
        "ldr r11, [sp]\n"
        "ldr r12, [r1, #512]\n" /* c */
        "ldr r3, [r1, #256]\n"  /* b */
        "ldr r0, [r1], #4\n"    /* a */
        "add r11, r11, r4\n"
        "smlawb r9, r9, r12, lr\n"
        "smlawt r10, r10, r12, lr\n"
        "smlawb r7, r7, r3, lr\n"
        "smlawt r8, r8, r3, lr\n"
        "smlawb r5, r5, r0, lr\n"
        "smlawt r6, r6, r0, lr\n"
        "bic r9, r9, #1\n"
        "bic r10, r10, #1\n"
        "bic r7, r7, #1\n"
        "bic r8, r8, #1\n"
        "bic r5, r5, #1\n"
        "bic r6, r6, #1\n"
        "add r12, r5, r9\n"   /* sum */
        "add r3, r6, r10\n"
        "sub r9, r5, r9\n"    /* difference */
        "sub r10, r6, r10\n"
        "add r0, r12, r7\n"   /* sum + b */
        "sub r4, r12, r7\n"   /* sum - b */
        "add r12, r9, r8\n"   /* difference - j b */
        "sub r6, r9, r8\n"    /* difference + j b */
        "sub r5, r3, r8\n"
        "add r3, r3, r8\n"
        "sub r9, r10, r7\n"
        "add r7, r10, r7\n"
        "strd r0, r3, [r11]\n"
        "strd r12, r9, [r11, #8]\n"
        "strd r4, r5, [r11, #16]\n"
        "strd r6, r7, [r11, #24]\n"
        "ldr r0, [sp, #4]\n"
        "cmp r1, r0\n"
        "bne 1b\n"
        "add sp, sp, #8\n"
        "pop {r4-r11, pc}\n");
}

/* (re, im) (cos + j sin): the real part goes to `real`, the imaginary one to `im`; `re` and `low` are used up. */
#define ROTATE(re, im, cosine, sine, negated, low, real)    \
    "smull " low ", " real ", " re ", " cosine "\n"         \
    "smlal " low ", " real ", " im ", " negated "\n"        \
    "add " real ", " real ", " low ", lsr #31\n"            \
    "smull " low ", " re ", " re ", " sine "\n"             \
    "smlal " low ", " re ", " im ", " cosine "\n"           \
    "add " im ", " re ", " low ", lsr #31\n"

/* Sums of a stored value in r6, r7 (doubled) and rotated ones: b in lr, r3, c in r2, r5, d in r9, r11. The arguments
 * are the offsets of the four points from r0. */
#define TURN_AND_STORE(first, second, third, fourth)                               \
    "add r4, r6, r2, lsl #1\n" /* sum */                                           \
    "add r8, r7, r5, lsl #1\n"                                                     \
    "sub r6, r6, r2, lsl #1\n" /* difference */                                    \
    "sub r7, r7, r5, lsl #1\n"                                                     \
    "add r2, lr, r9\n" /* cross */                                                 \
    "add r5, r3, r11\n"                                                            \
    "sub r3, r3, r11\n" /* turned */                                               \
    "sub r9, r9, lr\n"                                                             \
    "add r10, r4, r2, lsl #1\n"                                                    \
    "add r11, r8, r5, lsl #1\n"                                                    \
    "sub r4, r4, r2, lsl #1\n"                                                     \
    "sub r8, r8, r5, lsl #1\n"                                                     \
    "strd r10, r11, [r0, #" first "]\n"                                           \
    "strd r4, r8, [r0, #" third "]\n"                                              \
    "add r10, r6, r3, lsl #1\n"                                                    \
    "add r11, r7, r9, lsl #1\n"                                                    \
    "sub r6, r6, r3, lsl #1\n"                                                     \
    "sub r7, r7, r9, lsl #1\n"                                                     \
    "strd r10, r11, [r0, #" second "]\n"                                           \
    "strd r6, r7, [r0, #" fourth "]\n"

/* One group of a stage: the butterfly without rotations, then the others until their stream says that no more follow.
 * `move` loads the second point of the next butterfly. */
#define GROUP(label, move, first, second, third, fourth)  \
    "ldrd r2, r3, [r0, #" first "]\n" /* a */      \
    "ldrd r4, r5, [r0, #" second "]\n" /* b */      \
    "ldrd r6, r7, [r0, #" third "]\n"  /* c */      \
    "ldrd r8, r9, [r0, #" fourth "]\n"  /* d */      \
    "add r10, r2, r6\n" /* sum */                   \
    "add r11, r3, r7\n"                             \
    "sub r2, r2, r6\n" /* difference */             \
    "sub r3, r3, r7\n"                              \
    "add r6, r4, r8\n" /* cross */                  \
    "add r7, r5, r9\n"                              \
    "sub r5, r5, r9\n" /* turned */                 \
    "sub r4, r8, r4\n"                              \
    "add r8, r10, r6\n"                             \
    "add r9, r11, r7\n"                             \
    "sub r10, r10, r6\n"                            \
    "sub r11, r11, r7\n"                            \
    "strd r8, r9, [r0, #" first "]\n"              \
    "strd r10, r11, [r0, #" third "]\n"             \
    "add r6, r2, r5\n"                              \
    "add r7, r3, r4\n"                              \
    "sub r2, r2, r5\n"                              \
    "sub r3, r3, r4\n"                              \
    "strd r6, r7, [r0, #" second "]\n"              \
    "strd r2, r3, [r0, #" fourth "]\n"               \
    label ":\n"                                     \
    move                                            \
    "ldmia r1!, {r6-r11}\n"                         \
    "ldrd r4, r5, [r0, #" third "]\n"               \
    ROTATE("r2", "r3", "r6", "r7", "r8", "r12", "lr")  \
    ROTATE("r4", "r5", "r9", "r10", "r11", "r12", "r2") \
    "ldmia r1!, {r6, r7, r8, r12}\n"                \
    "ldrd r10, r11, [r0, #" fourth "]\n"             \
    ROTATE("r10", "r11", "r6", "r7", "r8", "r4", "r9") \
    "ldrd r6, r7, [r0, #" first "]\n"              \
    TURN_AND_STORE(first, second, third, fourth)    \
    "cmp r12, #0\n"                                 \
    "bne " label "b\n"

/* The stages of quarter 4, 16 and 64, in place. Stack: [0] rotations of the stage, [4] end of the spectrum. */
__attribute__((naked, noinline)) static void rotating_stages(ss_complex32 *spectrum __attribute__((unused)),
                                                             const int32_t *rotations __attribute__((unused)))
{
    __asm volatile(
        ".syntax unified\n"
        "push {r4-r11, lr}\n"
        "sub sp, sp, #16\n"
        "str r1, [sp]\n"
        "add r2, r0, #2048\n"
        "str r2, [sp, #4]\n"
        "str r0, [sp, #8]\n"
        "1:\n"
        "add r0, r0, #32\n"
        GROUP("2", "ldrd r2, r3, [r0, #8]!\n", "-32", "0", "32", "64")
        "ldrd r1, r2, [sp]\n"
        "add r0, r0, #72\n"
        "cmp r0, r2\n"
        "bne 1b\n"
        "ldr r0, [sp, #8]\n"
        "add r1, r1, #120\n"
        "str r1, [sp]\n"
        "3:\n"
        "add r0, r0, #128\n"
        GROUP("4", "ldrd r2, r3, [r0, #8]!\n", "-128", "0", "128", "256")
        "ldrd r1, r2, [sp]\n"
        "add r0, r0, #264\n"
        "cmp r0, r2\n"
        "bne 3b\n"
        "ldr r0, [sp, #8]\n"
        "add r1, r1, #600\n"
        "add r0, r0, #768\n"
        GROUP("5", "add r0, r0, #8\nldrd r2, r3, [r0, #-256]\n", "-768", "-256", "256", "768")
        "add sp, sp, #16\n"
        "pop {r4-r11, pc}\n");
}

/* Bins k and 256 - k. r0 and r1 point at them, r2 at the rotations. Values are stored doubled, so their sums are twice
 * e and o; e is halved by the shifter of the last addition. */
#define SPLIT_ONE                               \
    "ldrd r4, r5, [r0]\n"                       \
    "ldrd r6, r7, [r1]\n"                       \
    "add r8, r4, r6\n" /* 2 e */                \
    "sub r9, r5, r7\n"                          \
    "add r10, r5, r7\n" /* 2 o */               \
    "sub r11, r6, r4\n"                         \
    "ldmia r2!, {r4, r5, r6}\n"                 \
    ROTATE("r10", "r11", "r4", "r5", "r6", "r12", "r3") \
    "add r4, r3, r8, asr #1\n" /* e + W o */    \
    "add r5, r11, r9, asr #1\n"                 \
    "rsb r6, r3, r8, asr #1\n" /* e - W o */    \
    "rsb r7, r11, r9, asr #1\n"                 \
    "smull r8, r9, r4, r4\n"                    \
    "smlal r8, r9, r5, r5\n"                    \
    "smull r10, r11, r6, r6\n"                  \
    "smlal r10, r11, r7, r7\n"                  \
    "strd r8, r9, [r0], #8\n"                   \
    "strd r10, r11, [r1], #-8\n"

/* k = 1 .. 128 in pairs; bin 128 is its own counterpart and comes out right from either side. */
__attribute__((naked, noinline)) static void split_power(ss_complex32 *low __attribute__((unused)),
                                                         ss_complex32 *high __attribute__((unused)),
                                                         const int32_t *rotations __attribute__((unused)))
{
    __asm volatile(
        ".syntax unified\n"
        "push {r4-r11, lr}\n"
        "1:\n"
        SPLIT_ONE
        SPLIT_ONE
        "cmp r0, r1\n"
        "blo 1b\n"
        "pop {r4-r11, pc}\n");
}

void ss_fft512_power(ss_fft512_buffer *buffer, const int16_t samples[400])
{
    const int32_t *const stream = padded_groups(buffer->spectrum, samples);
    groups(buffer->spectrum, samples + 2 * PADDED_GROUPS, stream, samples + 2 * FIRST_STAGE_GROUPS);
    rotating_stages(buffer->spectrum, ss_log_mel_dsp_rotations);
    split_power(buffer->spectrum + 1, buffer->spectrum + SS_FFT512_POINTS - 1, ss_log_mel_dsp_split);
    buffer->power[0] = 0U;
}

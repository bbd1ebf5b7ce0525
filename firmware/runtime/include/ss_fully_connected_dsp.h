/*
 * What the FULLY_CONNECTED kernels of the DSP extension share: the widened input, the sums of paired rows, the end of a row
 * and the walk over groups of four rows.
 */
#ifndef SS_FULLY_CONNECTED_DSP_H
#define SS_FULLY_CONNECTED_DSP_H

#include "ss_dsp.h"
#include "ss_kernels.h"
#include "ss_requantize.h"

enum { SS_GROUP_ROWS = 4 };

/* srdhm(x, m) = (2 x m + 2^31) >> 32 is SMMULR of the doubled accumulator. Rounding shift right, halves away from zero:
 * 1 off a negative number, then ASRS leaves the half in the carry and ADC adds it together with the zero point (r12). */
#define SS_REQUANTIZE(accumulator, multiplier, right_shift)              \
    "lsl " accumulator ", " accumulator ", #1\n"                         \
    "smmulr " accumulator ", " accumulator ", " multiplier "\n"          \
    "add " accumulator ", " accumulator ", " accumulator ", asr #31\n"   \
    "asrs " accumulator ", " accumulator ", " right_shift "\n"           \
    "adc " accumulator ", " accumulator ", r12\n"                        \
    "ssat " accumulator ", #8, " accumulator "\n"

/* r1 is where the output goes. */
#define SS_REQUANTIZE_AND_STORE(accumulator, multiplier, right_shift) \
    SS_REQUANTIZE(accumulator, multiplier, right_shift)               \
    "strb " accumulator ", [r1], #1\n"

/* Four columns of four rows of int8 weights, paired: 14 instructions for 16 multiply-accumulates. Weights: r0 (stream),
 * inputs: r1 (int16 pairs of columns 0, 2 and 1, 3). r8 and r10 sum rows 0 and 2; r9 and r11 sum the raw pairs,
 * 256 * row 1 + row 0 and 256 * row 3 + row 2. */
#define SS_PAIRED_COLUMNS       \
    "ldmia r0!, {r4-r7}\n"      \
    "ldrd r2, r3, [r1], #8\n"   \
    "sxtb16 r12, r4\n"          \
    "smlad r9, r4, r2, r9\n"    \
    "smlad r8, r12, r2, r8\n"   \
    "sxtb16 r12, r5\n"          \
    "smlad r9, r5, r3, r9\n"    \
    "smlad r8, r12, r3, r8\n"   \
    "sxtb16 r12, r6\n"          \
    "smlad r11, r6, r2, r11\n"  \
    "smlad r10, r12, r2, r10\n" \
    "sxtb16 r12, r7\n"          \
    "smlad r11, r7, r3, r11\n"  \
    "smlad r10, r12, r3, r10\n"

/* Accumulators of one group of paired rows in r8 ... r11, from its bias to the end of its last chunk
 * (skipstone.firmware.codegen.packing.fully_connected_dsp). Labels 1 ... 5; the end of the group branches back to 1.
 * Stack: [0] S1 of earlier chunks plus bias 1, [4] likewise row 3, [8] input, [20] main loop count during the tail. */
#define SS_PAIRED_GROUP                                  \
    "1:\n" /* group */                                   \
    "ldmia r0!, {r8-r11}\n"                              \
    "ldr r1, [sp, #8]\n"                                 \
    "2:\n" /* chunk */                                   \
    "strd r9, r11, [sp]\n"                               \
    "ldrd lr, r2, [r0], #8\n"                            \
    "mov r9, r8\n"                                       \
    "mov r11, r10\n"                                     \
    "cbz r2, 4f\n"                                       \
    "str lr, [sp, #20]\n"                                \
    "mov lr, r2\n"                                       \
    "3:\n" /* tail units */                              \
    SS_PAIRED_COLUMNS                                    \
    "subs lr, lr, #1\n"                                  \
    "bne 3b\n"                                           \
    "ldr lr, [sp, #20]\n"                                \
    "cmp lr, #0\n"                                       \
    "beq 5f\n"                                           \
    "4:\n" /* main units */                              \
    SS_PAIRED_COLUMNS                                    \
    SS_PAIRED_COLUMNS                                    \
    SS_PAIRED_COLUMNS                                    \
    SS_PAIRED_COLUMNS                                    \
    "subs lr, lr, #1\n"                                  \
    "bne 4b\n"                                           \
    "5:\n"                                               \
    "ldrd r2, r3, [sp]\n"                                \
    "ldr r4, [r0], #4\n"                                 \
    "sub r9, r9, r8\n"                                   \
    "sub r11, r11, r10\n"                                \
    "add r9, r2, r9, asr #8\n"                           \
    "add r11, r3, r11, asr #8\n"                         \
    "cmp r4, #0\n"                                       \
    "bne 2b\n"

/* int8 to int16 in the order in which SXTB16 leaves weights: columns 0, 2 and 1, 3 of every four. */
static inline void ss_widen_columns(const int8_t *input, int32_t size, uint32_t *widened)
{
    int32_t k = 0;
    for (; k + 4 <= size; k += 4) {
        const uint32_t four = ss_load_four(input + k);
        *widened++ = ss_widen_even(four);
        *widened++ = ss_widen_odd(four);
    }
    if (k < size) {
        const uint32_t fewer = ss_load_fewer(input + k, size - k);
        widened[0] = ss_widen_even(fewer);
        widened[1] = ss_widen_odd(fewer);
    }
}

/* Whole groups of four rows from output to output_end. Returns the stream after them. */
typedef const uint32_t *ss_group_walk(const uint32_t *stream, const uint32_t *widened, int8_t *output,
                                      int8_t *output_end, const void *constants);

/* All rows of a layer; the last group may have fewer than four. reads_output: the walk finds the residual in the output.
 * Inlined, so that the walk is a direct call. */
static inline __attribute__((always_inline)) void ss_walk_rows(ss_group_walk *walk,
                                                               const ss_fully_connected_packed_params *params,
                                                               const uint32_t *widened, const void *constants,
                                                               int reads_output, int8_t *output)
{
    const uint32_t *stream = params->packed;
    const int32_t whole = params->output_size & ~(SS_GROUP_ROWS - 1);
    if (whole > 0) {
        stream = walk(stream, widened, output, output + whole, constants);
    }
    if (whole < params->output_size) {
        int8_t last[SS_GROUP_ROWS];
        for (int32_t i = 0; reads_output && i < SS_GROUP_ROWS; ++i) {
            last[i] = whole + i < params->output_size ? output[whole + i] : 0;
        }
        (void)walk(stream, widened, last, last + SS_GROUP_ROWS, constants);
        for (int32_t i = 0; whole + i < params->output_size; ++i) {
            output[whole + i] = last[i];
        }
    }
}

#endif

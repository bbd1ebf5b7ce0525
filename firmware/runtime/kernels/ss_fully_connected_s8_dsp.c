/*
 * FULLY_CONNECTED for the DSP extension, paired rows: 14 instructions for 16 multiply-accumulates.
 *
 * The layout and why it is exact: skipstone.firmware.codegen.packing.fully_connected_dsp. The packer hands this kernel
 * only layers whose rows all shift right by 1 or more and whose accumulators stay below 2^30.
 */
#include "ss_fully_connected_dsp.h"
#include "ss_kernels.h"
#include "ss_requantize.h"

enum { ROWS = 4 };

/* Four columns of four rows. Weights: r0 (stream), inputs: r1 (int16 pairs of columns 0, 2 and 1, 3).
 * r8 and r10 sum rows 0 and 2; r9 and r11 sum the raw pairs, 256 * row 1 + row 0 and 256 * row 3 + row 2. */
#define FOUR_COLUMNS            \
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

/*
 * Whole groups of four rows. Returns the stream after them.
 * Stack: [0] S1 of earlier chunks plus bias 1, [4] likewise row 3, [8] input, [12] zero point, [16] output,
 * [20] main loop count during the tail, [24] output end; caller's fifth argument at [64].
 */
__attribute__((naked, noinline)) static const uint32_t *groups_of_four(const uint32_t *stream __attribute__((unused)),
                                                                       const uint32_t *input __attribute__((unused)),
                                                                       int8_t *output __attribute__((unused)),
                                                                       int8_t *output_end __attribute__((unused)),
                                                                       int32_t zero_point __attribute__((unused)))
{
    __asm volatile(
        ".syntax unified\n"
        "push {r4-r11, lr}\n"
        "sub sp, sp, #28\n"
        "ldr r12, [sp, #64]\n"
        "strd r1, r12, [sp, #8]\n"
        "str r2, [sp, #16]\n"
        "str r3, [sp, #24]\n"
        "1:\n" /* group */
        "ldmia r0!, {r8-r11}\n"
        "ldr r1, [sp, #8]\n"
        "2:\n" /* chunk */
        "strd r9, r11, [sp]\n"
        "ldrd lr, r2, [r0], #8\n"
        "mov r9, r8\n"
        "mov r11, r10\n"
        "cbz r2, 4f\n"
        "str lr, [sp, #20]\n"
        "mov lr, r2\n"
        "3:\n" /* tail units */
        FOUR_COLUMNS
        "subs lr, lr, #1\n"
        "bne 3b\n"
        "ldr lr, [sp, #20]\n"
        "cmp lr, #0\n"
        "beq 5f\n"
        "4:\n" /* main units */
        FOUR_COLUMNS
        FOUR_COLUMNS
        FOUR_COLUMNS
        FOUR_COLUMNS
        "subs lr, lr, #1\n"
        "bne 4b\n"
        "5:\n"
        "ldrd r2, r3, [sp]\n"
        "ldr r4, [r0], #4\n"
        "sub r9, r9, r8\n"
        "sub r11, r11, r10\n"
        "add r9, r2, r9, asr #8\n"
        "add r11, r3, r11, asr #8\n"
        "cmp r4, #0\n"
        "bne 2b\n"
        "ldrd r12, r1, [sp, #12]\n"
        "ldmia r0!, {r2-r5}\n"
        SS_REQUANTIZE_AND_STORE("r8", "r2", "r3")
        SS_REQUANTIZE_AND_STORE("r9", "r4", "r5")
        "ldmia r0!, {r2-r5}\n"
        SS_REQUANTIZE_AND_STORE("r10", "r2", "r3")
        SS_REQUANTIZE_AND_STORE("r11", "r4", "r5")
        "ldr r2, [sp, #24]\n"
        "str r1, [sp, #16]\n"
        "cmp r1, r2\n"
        "bne 1b\n"
        "add sp, sp, #28\n"
        "pop {r4-r11, pc}\n");
}

void ss_fully_connected_s8_dsp(const ss_fully_connected_packed_params *params, const int8_t *input, int8_t *output,
                               void *scratch)
{
    uint32_t *widened = scratch;
    ss_widen_columns(input, params->input_size, widened);

    const uint32_t *stream = params->packed;
    const int32_t whole = params->output_size & ~(ROWS - 1);
    if (whole > 0) {
        stream = groups_of_four(stream, widened, output, output + whole, params->output_zero_point);
    }
    if (whole < params->output_size) {
        int8_t last[ROWS];
        (void)groups_of_four(stream, widened, last, last + ROWS, params->output_zero_point);
        for (int32_t i = 0; whole + i < params->output_size; ++i) {
            output[whole + i] = last[i];
        }
    }
    ss_narrow_in_place(output, params->output_size, params->activation_min, params->activation_max);
}

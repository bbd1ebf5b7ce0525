/*
 * FULLY_CONNECTED with int4 weights for the DSP extension: 18 instructions for 16 multiply-accumulates.
 *
 * A byte holds 16 w1 + w0 + 8 of two rows. SMLAD on the bytes sums 16 S1 + U, SMLAD on their low halves sums U; then S1 is
 * the difference >> 4, and S0 = U - 8 X with X the sum of the inputs. The layout:
 * skipstone.firmware.codegen.packing.fully_connected_int4. The packer hands this kernel only layers whose rows all shift
 * right by 1 or more and whose accumulators stay below 2^30.
 */
#include "ss_fully_connected_dsp.h"

/* Four columns of four rows. Weights: r0 (stream), inputs: r1 (int16 pairs of columns 0, 2 and 1, 3). r9 and r11 sum whole
 * bytes of rows 0, 1 and 2, 3; r8 and r10 their low halves, which r7 cuts out. */
#define FOUR_COLUMNS                     \
    "ldrd r4, r5, [r0], #8\n"            \
    "ldrd r2, r3, [r1], #8\n"            \
    "sxtb16 r12, r4\n"                   \
    "smlad r9, r12, r2, r9\n"            \
    "sxtb16 r12, r4, ror #8\n"           \
    "smlad r9, r12, r3, r9\n"            \
    "and r12, r7, r4\n"                  \
    "smlad r8, r12, r2, r8\n"            \
    "and r12, r7, r4, lsr #8\n"          \
    "smlad r8, r12, r3, r8\n"            \
    "sxtb16 r12, r5\n"                   \
    "smlad r11, r12, r2, r11\n"          \
    "sxtb16 r12, r5, ror #8\n"           \
    "smlad r11, r12, r3, r11\n"          \
    "and r12, r7, r5\n"                  \
    "smlad r10, r12, r2, r10\n"          \
    "and r12, r7, r5, lsr #8\n"          \
    "smlad r10, r12, r3, r10\n"

typedef struct {
    int32_t main_units;                /* four columns each, taken four at a time: a quarter of their number */
    int32_t tail_units;                /* 0 .. 3 */
    int32_t low_correction;            /* -8 X */
    int32_t zero_point;
} row_loop;

/* constants: row_loop. Stack: [0] input, [4] output, [8] output end; caller's fifth argument at [48]. */
__attribute__((naked, noinline)) static const uint32_t *groups_of_four(const uint32_t *stream __attribute__((unused)),
                                                                       const uint32_t *input __attribute__((unused)),
                                                                       int8_t *output __attribute__((unused)),
                                                                       int8_t *output_end __attribute__((unused)),
                                                                       const void *constants __attribute__((unused)))
{
    __asm volatile(
        ".syntax unified\n"
        "push {r4-r11, lr}\n"
        "sub sp, sp, #12\n"
        "strd r1, r2, [sp]\n"
        "str r3, [sp, #8]\n"
        "mov r7, #0x000f000f\n"
        "1:\n" /* group */
        "ldr r1, [sp]\n"
        "ldr r6, [sp, #48]\n"
        "ldrd lr, r6, [r6]\n"
        "mov r8, #0\n"
        "mov r9, #0\n"
        "mov r10, #0\n"
        "mov r11, #0\n"
        "cbz r6, 3f\n"
        "2:\n" /* tail units */
        FOUR_COLUMNS
        "subs r6, r6, #1\n"
        "bne 2b\n"
        "3:\n"
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
        "ldr r6, [sp, #48]\n"
        "ldrd r6, r12, [r6, #8]\n" /* -8 X, zero point */
        "ldmia r0!, {r2-r5}\n"     /* bias */
        "sub r9, r9, r8\n"
        "sub r11, r11, r10\n"
        "add r9, r3, r9, asr #4\n"
        "add r11, r5, r11, asr #4\n"
        "add r8, r8, r6\n"
        "add r10, r10, r6\n"
        "add r8, r8, r2\n"
        "add r10, r10, r4\n"
        "ldr r1, [sp, #4]\n"
        "ldmia r0!, {r2-r5}\n"
        SS_REQUANTIZE_AND_STORE("r8", "r2", "r3")
        SS_REQUANTIZE_AND_STORE("r9", "r4", "r5")
        "ldmia r0!, {r2-r5}\n"
        SS_REQUANTIZE_AND_STORE("r10", "r2", "r3")
        SS_REQUANTIZE_AND_STORE("r11", "r4", "r5")
        "ldr r2, [sp, #8]\n"
        "str r1, [sp, #4]\n"
        "cmp r1, r2\n"
        "bne 1b\n"
        "add sp, sp, #12\n"
        "pop {r4-r11, pc}\n");
}

static int32_t sum_of(const uint32_t *widened, int32_t words)
{
    int32_t sum = 0;
    for (int32_t i = 0; i < words; ++i) {
        sum = ss_smlad(widened[i], 0x00010001U, sum);
    }
    return sum;
}

void ss_fully_connected_s4_dsp(const ss_fully_connected_packed_params *params, const int8_t *input, int8_t *output,
                               void *scratch)
{
    uint32_t *widened = scratch;
    ss_widen_columns(input, params->input_size, widened);

    const int32_t units = (params->input_size + 3) / 4;
    const row_loop loop = {
        .main_units = units / 4,
        .tail_units = units % 4,
        .low_correction = -8 * sum_of(widened, 2 * units),
        .zero_point = params->output_zero_point,
    };
    ss_walk_rows(groups_of_four, params, widened, &loop, 0, output);
    ss_narrow_in_place(output, params->output_size, params->activation_min, params->activation_max);
}

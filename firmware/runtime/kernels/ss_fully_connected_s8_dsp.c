/*
 * FULLY_CONNECTED for the DSP extension, paired rows: 14 instructions for 16 multiply-accumulates.
 *
 * The layout and why it is exact: skipstone.firmware.codegen.packing.fully_connected_dsp. The packer hands this kernel
 * only layers whose rows all shift right by 1 or more and whose accumulators stay below 2^30.
 */
#include "ss_fully_connected_dsp.h"

/*
 * constants: int32 zero point of the output.
 * Stack: [0] ... [8], [20] as SS_PAIRED_GROUP wants it, [12] zero point, [16] output, [24] output end; caller's fifth
 * argument at [64].
 */
__attribute__((naked, noinline)) static const uint32_t *groups_of_four(const uint32_t *stream __attribute__((unused)),
                                                                       const uint32_t *input __attribute__((unused)),
                                                                       int8_t *output __attribute__((unused)),
                                                                       int8_t *output_end __attribute__((unused)),
                                                                       const void *constants __attribute__((unused)))
{
    __asm volatile(
        ".syntax unified\n"
        "push {r4-r11, lr}\n"
        "sub sp, sp, #28\n"
        "ldr r12, [sp, #64]\n"
        "ldr r12, [r12]\n"
        "strd r1, r12, [sp, #8]\n"
        "str r2, [sp, #16]\n"
        "str r3, [sp, #24]\n"
        SS_PAIRED_GROUP
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
    ss_walk_rows(groups_of_four, params, widened, &params->output_zero_point, 0, output);
    ss_narrow_in_place(output, params->output_size, params->activation_min, params->activation_max);
}

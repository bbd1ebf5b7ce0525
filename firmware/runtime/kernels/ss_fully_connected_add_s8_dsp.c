/*
 * FULLY_CONNECTED and the ADD of the residual behind it, for the DSP extension: the sum is taken while the layer's outputs
 * are still in registers.
 *
 * The packer hands this kernel only layers as ss_fully_connected_s8_dsp takes them, without an activation before the sum,
 * and sums whose residual has the larger scale (so that it gets exactly a half) and whose other shifts are to the right.
 */
#include "ss_copy.h"
#include "ss_fully_connected_dsp.h"

enum { LEFT_SHIFT = 20 };

/* What four sums need in registers, in the order in which LDM loads r2 ... r7 and lr. */
typedef struct {
    int32_t layer_lifted_zero;         /* layer's zero point * 2^21 */
    int32_t layer_multiplier;
    int32_t layer_exponent;
    int32_t minus_residual_zero;       /* -residual's zero point * 2^20 */
    int32_t output_multiplier;
    int32_t output_exponent;
    int32_t output_zero_point;
    int32_t layer_zero_point;
} sum_constants;

/* (x - zero) * 2^21 through SMMULR is the doubled operand of the smaller scale; the residual is a plain shift by 19, taken
 * in by the ADC that rounds the first operand. Doubling the sum takes off the residual's zero point. Nothing leaves 32
 * bits: an operand stays below 2^28, the sum below 2^29. */
#define ADD_RESIDUAL_AND_STORE(x)          \
    "rsb " x ", r2, " x ", lsl #21\n"      \
    "ldrsb r12, [r1]\n"                    \
    "smmulr " x ", " x ", r3\n"            \
    "add " x ", " x ", " x ", asr #31\n"   \
    "asrs " x ", " x ", r4\n"              \
    "adc " x ", " x ", r12, lsl #19\n"     \
    "add " x ", r5, " x ", lsl #1\n"       \
    "smmulr " x ", " x ", r6\n"            \
    "add " x ", " x ", " x ", asr #31\n"   \
    "asrs " x ", " x ", r7\n"              \
    "adc " x ", " x ", lr\n"               \
    "ssat " x ", #8, " x "\n"              \
    "strb " x ", [r1], #1\n"

/*
 * The output holds the residual. constants: sum_constants.
 * Stack: [0] ... [8], [20] as SS_PAIRED_GROUP wants it, [12] layer's zero point, [16] output, [24] output end; caller's
 * fifth argument at [64].
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
        "ldr r12, [r12, #28]\n"
        "strd r1, r12, [sp, #8]\n"
        "str r2, [sp, #16]\n"
        "str r3, [sp, #24]\n"
        SS_PAIRED_GROUP
        "ldrd r12, r1, [sp, #12]\n"
        "ldmia r0!, {r2-r5}\n"
        SS_REQUANTIZE("r8", "r2", "r3")
        SS_REQUANTIZE("r9", "r4", "r5")
        "ldmia r0!, {r2-r5}\n"
        SS_REQUANTIZE("r10", "r2", "r3")
        SS_REQUANTIZE("r11", "r4", "r5")
        "ldr r2, [sp, #64]\n"
        "ldmia.w r2, {r2-r7, lr}\n"
        ADD_RESIDUAL_AND_STORE("r8")
        ADD_RESIDUAL_AND_STORE("r9")
        ADD_RESIDUAL_AND_STORE("r10")
        ADD_RESIDUAL_AND_STORE("r11")
        "ldr r2, [sp, #24]\n"
        "str r1, [sp, #16]\n"
        "cmp r1, r2\n"
        "bne 1b\n"
        "add sp, sp, #28\n"
        "pop {r4-r11, pc}\n");
}

void ss_fully_connected_add_s8_dsp(const ss_fully_connected_add_packed_params *params, const int8_t *input,
                                   const int8_t *residual, int8_t *output, void *scratch)
{
    const ss_fully_connected_packed_params *layer = &params->layer;
    const ss_add_params *add = &params->add;
    uint32_t *widened = scratch;
    ss_widen_columns(input, layer->input_size, widened);
    if (residual != output) {
        ss_copy_bytes(residual, output, layer->output_size);
    }
    const sum_constants constants = {
        .layer_lifted_zero = ss_shift_left(add->input2_zero_point, LEFT_SHIFT + 1),
        .layer_multiplier = add->input2_multiplier,
        .layer_exponent = -add->input2_shift,
        .minus_residual_zero = -ss_shift_left(add->input1_zero_point, LEFT_SHIFT),
        .output_multiplier = add->output_multiplier,
        .output_exponent = -add->output_shift,
        .output_zero_point = add->output_zero_point,
        .layer_zero_point = layer->output_zero_point,
    };
    ss_walk_rows(groups_of_four, layer, widened, &constants, 1, output);
    ss_narrow_in_place(output, layer->output_size, add->activation_min, add->activation_max);
}

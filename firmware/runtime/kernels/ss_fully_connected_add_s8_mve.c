/*
 * FULLY_CONNECTED and the ADD of the residual behind it, for Helium: the sum is taken while four outputs of the layer are
 * still in a register.
 *
 * The packer hands this kernel only layers without left shifts, without an activation before the sum, and sums whose
 * residual has the larger scale (so that it gets exactly a half) and whose other shifts are to the right.
 */
#include "ss_copy.h"
#include "ss_fully_connected_mve.h"
#include "ss_kernels.h"

enum { LEFT_SHIFT = 20 };

/* What the end of a group loads in pairs. */
typedef struct {
    int32_t layer_multiplier;
    int32_t layer_shift;
    int32_t minus_residual_zero;       /* -residual's zero point * 2^19 */
    int32_t output_multiplier;
    int32_t output_shift;
    int32_t output_zero_point;
} sum_constants;

/* round(round(x * multiplier / 2^31) * 2^shift), halves of the second away from zero; shift < 0. Uses up q2. */
#define RESCALE_RIGHT(x, multiplier, shift)         \
    "vqrdmulh.s32 " x ", " x ", " multiplier "\n\t" \
    "vshr.s32 q2, " x ", #31\n\t"                   \
    "vadd.i32 " x ", " x ", q2\n\t"                 \
    "vrshl.s32 " x ", " shift "\n\t"

/* `groups` groups of four rows; the output holds the residual. Returns the stream after them. The layer's clamp works
 * before its zero point is added, which ADD would take off again. In assembly because gcc 12 loads every constant anew;
 * noipa leaves the assembly all registers. */
__attribute__((noipa)) static const uint32_t *groups_of_four(const ss_fully_connected_add_packed_params *params,
                                                             const uint32_t *stream, const int8_t *input,
                                                             int8_t *output, uint32_t groups)
{
    const ss_add_params *add = &params->add;
    const ss_fully_connected_packed_params *layer = &params->layer;
    const sum_constants constants = {
        .layer_multiplier = add->input2_multiplier,
        .layer_shift = add->input2_shift,
        .minus_residual_zero = -add->input1_zero_point * (1 << (LEFT_SHIFT - 1)),
        .output_multiplier = add->output_multiplier,
        .output_shift = add->output_shift,
        .output_zero_point = add->output_zero_point,
    };
    const int32x4_t layer_low = vdupq_n_s32(INT8_MIN - layer->output_zero_point);
    const int32x4_t layer_high = vdupq_n_s32(INT8_MAX - layer->output_zero_point);
    const int32x4_t half = vdupq_n_s32(1 << (LEFT_SHIFT - 1));
    const int32x4_t low = vdupq_n_s32(add->activation_min);
    const int32x4_t high = vdupq_n_s32(add->activation_max);
    const int8_t *position;
    int32_t row0;
    int32_t row1;
    int32_t row2;
    int32_t row3;
    __asm volatile(
        "4:\n\t"
        "mov %[input], %[first]\n\t"
        SS_FOUR_DOT_PRODUCTS
        "vmov q0[2], q0[0], %[row0], %[row2]\n\t"
        "vmov q0[3], q0[1], %[row1], %[row3]\n\t"
        "vldrw.32 q1, [%[stream]], #16\n\t"
        "vqrdmulh.s32 q0, q0, q1\n\t"
        "vldrw.32 q1, [%[stream]], #16\n\t"
        "vand q2, q0, q1\n\t"
        "vshr.s32 q2, q2, #31\n\t"
        "vqadd.s32 q0, q0, q2\n\t"
        "vrshl.s32 q0, q0, q1\n\t"
        "ldrd %[row0], %[row1], [%[constants]]\n\t"
        "vmax.s32 q0, q0, %q[layer_low]\n\t"
        "vmin.s32 q0, q0, %q[layer_high]\n\t"
        "ldrd %[row2], %[row3], [%[constants], #8]\n\t"
        "vshl.s32 q0, q0, #20\n\t"
        "vldrb.s32 q1, [%[output]]\n\t"
        RESCALE_RIGHT("q0", "%[row0]", "%[row1]")
        "vmlas.s32 q1, %q[half], %[row2]\n\t"
        "vadd.i32 q0, q0, q1\n\t"
        "ldrd %[row0], %[row1], [%[constants], #16]\n\t"
        RESCALE_RIGHT("q0", "%[row3]", "%[row0]")
        "vadd.i32 q0, q0, %[row1]\n\t"
        "vmax.s32 q0, q0, %q[low]\n\t"
        "vmin.s32 q0, q0, %q[high]\n\t"
        "vstrb.32 q0, [%[output]], #4\n\t"
        "subs %[groups], %[groups], #1\n\t"
        "bne 4b\n\t"
        : [stream] "+&r"(stream), [input] "=&r"(position), [output] "+&r"(output), [groups] "+&r"(groups),
          [row0] "=&Te"(row0), [row1] "=&Te"(row1), [row2] "=&Te"(row2), [row3] "=&Te"(row3)
        : [first] "r"(input), [tiles] "r"(layer->input_size / SS_TILE_COLUMNS),
          [tail] "l"(layer->input_size % SS_TILE_COLUMNS), [constants] "r"(&constants),
          [layer_low] "w"(layer_low), [layer_high] "w"(layer_high), [low] "w"(low), [high] "w"(high), [half] "w"(half)
        : "q0", "q1", "q2", "lr", "cc", "memory");
    return stream;
}

void ss_fully_connected_add_s8_mve(const ss_fully_connected_add_packed_params *params, const int8_t *input,
                                   const int8_t *residual, int8_t *output, void *scratch)
{
    (void)scratch;
    const int32_t size = params->layer.output_size;
    const int32_t last_rows = size % SS_GROUP_ROWS;
    const uint32_t *stream = params->layer.packed;
    if (residual != output) {
        ss_copy_bytes(residual, output, size);
    }
    if (size >= SS_GROUP_ROWS) {
        stream = groups_of_four(params, stream, input, output, (uint32_t)(size / SS_GROUP_ROWS));
    }
    if (last_rows > 0) {
        int8_t *const rest = output + size - last_rows;
        int8_t last[SS_GROUP_ROWS] = {0};
        for (int32_t i = 0; i < last_rows; ++i) {
            last[i] = rest[i];
        }
        (void)groups_of_four(params, stream, input, last, 1);
        for (int32_t i = 0; i < last_rows; ++i) {
            rest[i] = last[i];
        }
    }
}

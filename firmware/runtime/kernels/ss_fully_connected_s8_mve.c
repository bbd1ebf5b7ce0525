/*
 * FULLY_CONNECTED for Helium: 10 instructions for 64 multiply-accumulates, four rows requantized at once.
 *
 * The layout: skipstone.firmware.codegen.packing.fully_connected_mve. The packer hands this kernel only layers without
 * left shifts.
 */
#include "ss_fully_connected_mve.h"
#include "ss_kernels.h"

/* Accumulators of four rows; *stream moves past their weights. */
static inline int32x4_t four_dot_products(const uint32_t **stream, const int8_t *input, uint32_t tiles, uint32_t tail)
{
    const uint32_t *position = *stream;
    int32_t row0;
    int32_t row1;
    int32_t row2;
    int32_t row3;
    int32x4_t sums;
    __asm volatile(
        SS_FOUR_DOT_PRODUCTS
        "vmov %q[sums][2], %q[sums][0], %[row0], %[row2]\n\t"
        "vmov %q[sums][3], %q[sums][1], %[row1], %[row3]\n\t"
        : [stream] "+&r"(position), [input] "+&r"(input), [row0] "=&Te"(row0), [row1] "=&Te"(row1),
          [row2] "=&Te"(row2), [row3] "=&Te"(row3), [sums] "=&w"(sums)
        : [tiles] "r"(tiles), [tail] "l"(tail)
        : "q0", "q1", "q2", "lr", "cc", "memory");
    *stream = position;
    return sums;
}

typedef struct {
    int32x4_t zero_point;
    int32x4_t low;
    int32x4_t high;
} output_range;

/* Rescaling constants follow the weights of a group; *stream moves past them. */
static inline int32x4_t rescale(const uint32_t **stream, int32x4_t sums, output_range range)
{
    const int32x4_t multiplier = vreinterpretq_s32_u32(vldrwq_u32(*stream));
    const int32x4_t shift = vreinterpretq_s32_u32(vldrwq_u32(*stream + SS_GROUP_ROWS));
    *stream += 2 * SS_GROUP_ROWS;
    const int32x4_t scaled = vaddq_s32(ss_requantize_mve(sums, multiplier, shift), range.zero_point);
    return ss_clamp_mve(scaled, range.low, range.high);
}

void ss_fully_connected_s8_mve(const ss_fully_connected_packed_params *params, const int8_t *input, int8_t *output,
                               void *scratch)
{
    (void)scratch;
    const uint32_t tiles = (uint32_t)params->input_size / SS_TILE_COLUMNS;
    const uint32_t tail = (uint32_t)params->input_size % SS_TILE_COLUMNS;
    const uint32_t last_rows = (uint32_t)params->output_size % SS_GROUP_ROWS;
    const output_range range = {
        .zero_point = vdupq_n_s32(params->output_zero_point),
        .low = vdupq_n_s32(params->activation_min),
        .high = vdupq_n_s32(params->activation_max),
    };
    const uint32_t *stream = params->packed;
    for (uint32_t group = (uint32_t)params->output_size / SS_GROUP_ROWS; group > 0; --group) {
        const int32x4_t sums = four_dot_products(&stream, input, tiles, tail);
        vstrbq_s32(output, rescale(&stream, sums, range));
        output += SS_GROUP_ROWS;
    }
    if (last_rows > 0) {
        const int32x4_t sums = four_dot_products(&stream, input, tiles, tail);
        vstrbq_p_s32(output, rescale(&stream, sums, range), vctp32q(last_rows));
    }
}

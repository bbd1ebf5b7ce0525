/*
 * FULLY_CONNECTED with int4 weights for Helium: 10 instructions for 64 multiply-accumulates, as many as for int8.
 *
 * A byte holds 16 w1 + w0 + 8 of two rows: VMLADAVA on the bytes sums 16 S1 + U, on their low halves U. The layout:
 * skipstone.firmware.codegen.packing.fully_connected_int4. The packer hands this kernel only layers without left shifts.
 */
#include "ss_kernels.h"
#include "ss_mve.h"

enum { ROWS = 4, COLUMNS = 16 };

/* Sums of two pairs of rows: whole bytes, and low halves. */
typedef struct {
    int32_t bytes01;
    int32_t halves01;
    int32_t bytes23;
    int32_t halves23;
} sums;

#define PAIRS                                        \
    "vldrb.8 q1, [%[stream]], #16\n\t"               \
    "vmladava.s8 %[bytes01], q0, q1\n\t"             \
    "vand q1, q1, %q[mask]\n\t"                      \
    "vldrb.8 q2, [%[stream]], #16\n\t"               \
    "vmladava.s8 %[halves01], q0, q1\n\t"            \
    "vmladava.s8 %[bytes23], q0, q2\n\t"             \
    "vand q2, q2, %q[mask]\n\t"                      \
    "vmladava.s8 %[halves23], q0, q2\n\t"

/* Whole tiles of 16 columns, then one tile of `tail` columns. *stream moves past them. */
static inline sums four_rows(const uint32_t **stream, const int8_t *input, uint32_t tiles, uint32_t tail, int8x16_t mask)
{
    const uint32_t *position = *stream;
    sums s = {0, 0, 0, 0};
    __asm volatile(
        "wls lr, %[tiles], 2f\n"
        "1:\n\t"
        "vldrb.8 q0, [%[input]], #16\n\t"
        PAIRS
        "le lr, 1b\n"
        "2:\n\t"
        "cbz %[tail], 3f\n\t"
        "vctp.8 %[tail]\n\t"
        "vpst\n\t"
        "vldrbt.8 q0, [%[input]]\n\t"
        PAIRS
        "3:\n\t"
        : [stream] "+&r"(position), [input] "+&r"(input), [bytes01] "+&Te"(s.bytes01), [halves01] "+&Te"(s.halves01),
          [bytes23] "+&Te"(s.bytes23), [halves23] "+&Te"(s.halves23)
        : [tiles] "r"(tiles), [tail] "l"(tail), [mask] "w"(mask)
        : "q0", "q1", "q2", "lr", "cc", "memory");
    *stream = position;
    return s;
}

void ss_fully_connected_s4_mve(const ss_fully_connected_packed_params *params, const int8_t *input, int8_t *output,
                               void *scratch)
{
    (void)scratch;
    const uint32_t tiles = (uint32_t)params->input_size / COLUMNS;
    const uint32_t tail = (uint32_t)params->input_size % COLUMNS;
    const int32_t low_correction = -8 * ss_sum_s8_mve(input, params->input_size);
    const int8x16_t mask = vdupq_n_s8(15);
    const int32x4_t zero_point = vdupq_n_s32(params->output_zero_point);
    const int32x4_t low = vdupq_n_s32(params->activation_min);
    const int32x4_t high = vdupq_n_s32(params->activation_max);
    const uint32_t *stream = params->packed;
    for (int32_t left = params->output_size; left > 0; left -= ROWS) {
        const sums s = four_rows(&stream, input, tiles, tail, mask);
        const int32x4_t dots =
            ss_four_lanes_mve(s.halves01 + low_correction, (s.bytes01 - s.halves01) >> 4,
                              s.halves23 + low_correction, (s.bytes23 - s.halves23) >> 4);
        const int32x4_t bias = vreinterpretq_s32_u32(vldrwq_u32(stream));
        const int32x4_t multiplier = vreinterpretq_s32_u32(vldrwq_u32(stream + ROWS));
        const int32x4_t shift = vreinterpretq_s32_u32(vldrwq_u32(stream + 2 * ROWS));
        stream += 3 * ROWS;
        const int32x4_t scaled = ss_requantize_mve(vaddq_s32(dots, bias), multiplier, shift);
        const int32x4_t clamped = ss_clamp_mve(vaddq_s32(scaled, zero_point), low, high);
        vstrbq_p_s32(output, clamped, vctp32q((uint32_t)left));
        output += ROWS;
    }
}

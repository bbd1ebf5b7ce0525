/*
 * The layout of the constants: skipstone.firmware.codegen.packing.depthwise_dsp. The packer hands this kernel only layers
 * whose channels all shift right by 1 or more and whose accumulators stay below 2^30.
 */
#include "ss_dsp.h"
#include "ss_kernels.h"
#include "ss_requantize.h"

enum { LANES = 4 };

/* Accumulators of four neighbouring channels; separate members, so that they stay in registers. */
typedef struct {
    int32_t channel0;
    int32_t channel1;
    int32_t channel2;
    int32_t channel3;
} four_sums;

static inline four_sums accumulate_four(four_sums sums, uint32_t x, uint32_t w_even, uint32_t w_odd)
{
    const uint32_t x_even = ss_widen_even(x);
    const uint32_t x_odd = ss_widen_odd(x);
    return (four_sums){
        .channel0 = ss_smlabb(x_even, w_even, sums.channel0),
        .channel1 = ss_smlabb(x_odd, w_odd, sums.channel1),
        .channel2 = ss_smlatt(x_even, w_even, sums.channel2),
        .channel3 = ss_smlatt(x_odd, w_odd, sums.channel3),
    };
}

/* Adds the products of `taps` >= 1 consecutive rows; *stream moves past their weights. In assembly for post-indexed loads
 * of two words. */
static inline four_sums accumulate(four_sums sums, const int8_t *row, int32_t row_stride, const uint32_t **stream,
                                   int32_t taps)
{
    const uint32_t *position = *stream;
    uint32_t w_even;
    uint32_t w_odd;
    uint32_t x;
    uint32_t part;
    __asm volatile(
        "1:\n\t"
        "ldrd %[w_even], %[w_odd], [%[stream]], #8\n\t"
        "ldr %[x], [%[row]]\n\t"
        "add %[row], %[row], %[stride]\n\t"
        "sxtb16 %[part], %[x]\n\t"
        "smlabb %[sum0], %[part], %[w_even], %[sum0]\n\t"
        "smlatt %[sum2], %[part], %[w_even], %[sum2]\n\t"
        "sxtb16 %[part], %[x], ror #8\n\t"
        "smlabb %[sum1], %[part], %[w_odd], %[sum1]\n\t"
        "smlatt %[sum3], %[part], %[w_odd], %[sum3]\n\t"
        "subs %[taps], %[taps], #1\n\t"
        "bne 1b\n\t"
        : [stream] "+&r"(position), [row] "+&r"(row), [taps] "+&r"(taps), [sum0] "+&r"(sums.channel0),
          [sum1] "+&r"(sums.channel1), [sum2] "+&r"(sums.channel2), [sum3] "+&r"(sums.channel3),
          [w_even] "=&r"(w_even), [w_odd] "=&r"(w_odd), [x] "=&r"(x), [part] "=&r"(part)
        : [stride] "r"(row_stride)
        : "cc", "memory");
    *stream = position;
    return sums;
}

/* Multiplier and right shift are next in the stream. */
static inline int32_t rescale(const uint32_t **stream, int32_t accumulator, int32_t zero_point)
{
    const int32_t product = ss_smmulr(ss_shift_left(accumulator, 1), (int32_t)(*stream)[0]);
    const int32_t scaled = ss_divide_and_offset(product, (int32_t)(*stream)[1], zero_point);
    *stream += 2;
    return ss_saturate_s8(scaled);
}

static inline four_sums take_bias(const uint32_t **stream)
{
    const uint32_t *bias = *stream;
    *stream += LANES;
    return (four_sums){(int32_t)bias[0], (int32_t)bias[1], (int32_t)bias[2], (int32_t)bias[3]};
}

/* Fewer than four channels: the stream is filled up with zeros, the rows are not. */
static void last_channels(const ss_depthwise_ring_packed_params *params, const int8_t *ring, int32_t oldest,
                          const uint32_t *stream, int32_t count, int8_t *output)
{
    four_sums sums = take_bias(&stream);
    int32_t row = oldest;
    for (int32_t t = 0; t < params->taps; ++t) {
        const uint32_t x = ss_load_fewer(ring + row * params->row_stride, count);
        sums = accumulate_four(sums, x, stream[0], stream[1]);
        stream += 2;
        row = row + 1 == params->taps ? 0 : row + 1;
    }
    const int32_t sum_of[LANES] = {sums.channel0, sums.channel1, sums.channel2, sums.channel3};
    for (int32_t i = 0; i < count; ++i) {
        output[i] = (int8_t)rescale(&stream, sum_of[i], params->output_zero_point);
    }
}

void ss_depthwise_ring_s8_dsp(const ss_depthwise_ring_packed_params *params, const int8_t *ring, int32_t oldest,
                              int8_t *output, void *scratch)
{
    (void)scratch;
    const int32_t stride = params->row_stride;
    const int32_t zero_point = params->output_zero_point;
    const int32_t older = params->taps - oldest;
    const int8_t *older_rows = ring + oldest * stride;
    const uint32_t *stream = params->packed;
    int8_t *const end = output + (params->channels & ~(LANES - 1));
    int8_t *four = output;
    while (four != end) {
        four_sums sums = take_bias(&stream);
        sums = accumulate(sums, older_rows, stride, &stream, older);
        if (oldest != 0) {
            sums = accumulate(sums, ring, stride, &stream, oldest);
        }
        const uint32_t byte0 = (uint32_t)rescale(&stream, sums.channel0, zero_point) & 255U;
        const uint32_t byte1 = (uint32_t)rescale(&stream, sums.channel1, zero_point) & 255U;
        const uint32_t byte2 = (uint32_t)rescale(&stream, sums.channel2, zero_point) & 255U;
        const uint32_t byte3 = (uint32_t)rescale(&stream, sums.channel3, zero_point);
        ss_store_four(four, byte0 | byte1 << 8 | byte2 << 16 | byte3 << 24);
        four += LANES;
        ring += LANES;
        older_rows += LANES;
    }
    if (params->channels % LANES != 0) {
        last_channels(params, ring, oldest, stream, params->channels % LANES, four);
    }
    ss_narrow_in_place(output, params->channels, params->activation_min, params->activation_max);
}

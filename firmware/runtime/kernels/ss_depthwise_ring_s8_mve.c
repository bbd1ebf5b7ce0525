/*
 * The packer hands this kernel only layers without left shifts.
 */
#include "ss_kernels.h"
#include "ss_mve.h"

enum { LANES = 4, HALFWORD_LANES = 8 };

/* A run of consecutive rows of the ring with the weights of their taps, at one channel. */
typedef struct {
    const int8_t *rows;
    const int8_t *weights;
    int32_t taps;
} segment;

static inline int32x4_t rescale(const ss_depthwise_ring_params *params, int32x4_t accumulator, int32x4_t multiplier,
                                int32x4_t shift)
{
    const int32x4_t scaled = ss_requantize_mve(accumulator, multiplier, shift);
    return ss_clamp_mve(vaddq_n_s32(scaled, params->output_zero_point), vdupq_n_s32(params->activation_min),
                        vdupq_n_s32(params->activation_max));
}

/* Eight channels as 16-bit lanes; products of even and odd lanes go to accumulators of their own. */
static inline void eight_channels(const ss_depthwise_ring_params *params, const segment run[2], int32_t channel,
                                  int8_t *output)
{
    int32x4x2_t sums = vld2q_s32(params->bias + channel);
    for (int32_t i = 0; i < 2; ++i) {
        const int32_t row_stride = params->row_stride;
        const int32_t channels = params->channels;
        const int8_t *row = run[i].rows + channel;
        const int8_t *weights = run[i].weights + channel;
        for (int32_t t = run[i].taps; t > 0; --t) {
            const int16x8_t x = vldrbq_s16(row);
            const int16x8_t w = vldrbq_s16(weights);
            sums.val[0] = vaddq_s32(sums.val[0], vmullbq_int_s16(x, w));
            sums.val[1] = vaddq_s32(sums.val[1], vmulltq_int_s16(x, w));
            row += row_stride;
            weights += channels;
        }
    }
    const int32x4x2_t multiplier = vld2q_s32(params->multiplier + channel);
    const int16x8_t shift = vldrbq_s16(params->shift + channel);
    const int32x4_t even = rescale(params, sums.val[0], multiplier.val[0], vmovlbq_s16(shift));
    const int32x4_t odd = rescale(params, sums.val[1], multiplier.val[1], vmovltq_s16(shift));
    vstrbq_s16(output + channel, vmovntq_s32(vreinterpretq_s16_s32(even), odd));
}

static inline int32x4_t multiply_accumulate(int32x4_t accumulator, int32x4_t x, int32x4_t w)
{
    return vaddq_s32(accumulator, vmulq_s32(x, w));
}

/* At most four channels. */
static inline void few_channels(const ss_depthwise_ring_params *params, const segment run[2], int32_t channel,
                                int8_t *output)
{
    const mve_pred16_t lanes = vctp32q((uint32_t)(params->channels - channel));
    int32x4_t accumulator = vldrwq_z_s32(params->bias + channel, lanes);
    for (int32_t i = 0; i < 2; ++i) {
        const int8_t *row = run[i].rows + channel;
        const int8_t *weights = run[i].weights + channel;
        for (int32_t t = run[i].taps; t > 0; --t) {
            accumulator = multiply_accumulate(accumulator, vldrbq_z_s32(row, lanes), vldrbq_z_s32(weights, lanes));
            row += params->row_stride;
            weights += params->channels;
        }
    }
    const int32x4_t multiplier = vldrwq_z_s32(params->multiplier + channel, lanes);
    const int32x4_t shift = vldrbq_z_s32(params->shift + channel, lanes);
    vstrbq_p_s32(output + channel, rescale(params, accumulator, multiplier, shift), lanes);
}

void ss_depthwise_ring_s8_mve(const ss_depthwise_ring_params *params, const int8_t *ring, int32_t oldest,
                              int8_t *output, void *scratch)
{
    (void)scratch;
    const int32_t older = params->taps - oldest;
    const segment run[2] = {
        {ring + oldest * params->row_stride, params->weights, older},
        {ring, params->weights + older * params->channels, oldest},
    };
    int32_t channel = 0;
    for (; channel + HALFWORD_LANES <= params->channels; channel += HALFWORD_LANES) {
        eight_channels(params, run, channel, output);
    }
    for (; channel < params->channels; channel += LANES) {
        few_channels(params, run, channel, output);
    }
}

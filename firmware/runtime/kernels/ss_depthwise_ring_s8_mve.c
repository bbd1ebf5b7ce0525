/*
 * The packer hands this kernel only layers without left shifts.
 */
#include "ss_kernels.h"
#include "ss_mve.h"

enum { LANES = 4, TWO_VECTORS = 2 * LANES };

/* A run of consecutive rows of the ring with the weights of their taps, at one channel. */
typedef struct {
    const int8_t *rows;
    const int8_t *weights;
    int32_t taps;
} segment;

static inline int32x4_t multiply_accumulate(int32x4_t accumulator, int32x4_t x, int32x4_t w)
{
    return vaddq_s32(accumulator, vmulq_s32(x, w));
}

static inline int32x4_t rescale(const ss_depthwise_ring_params *params, int32_t channel, int32x4_t accumulator,
                                mve_pred16_t lanes)
{
    const int32x4_t multiplier = vldrwq_z_s32(params->multiplier + channel, lanes);
    const int32x4_t shift = vldrbq_z_s32(params->shift + channel, lanes);
    const int32x4_t scaled = ss_requantize_mve(accumulator, multiplier, shift);
    return ss_clamp_mve(vaddq_n_s32(scaled, params->output_zero_point), vdupq_n_s32(params->activation_min),
                        vdupq_n_s32(params->activation_max));
}

static inline void eight_channels(const ss_depthwise_ring_params *params, const segment run[2], int32_t channel,
                                  int8_t *output)
{
    const mve_pred16_t all = vctp32q(LANES);
    int32x4_t first = vldrwq_s32(params->bias + channel);
    int32x4_t second = vldrwq_s32(params->bias + channel + LANES);
    for (int32_t i = 0; i < 2; ++i) {
        const int8_t *row = run[i].rows + channel;
        const int8_t *weights = run[i].weights + channel;
        for (int32_t t = run[i].taps; t > 0; --t) {
            first = multiply_accumulate(first, vldrbq_s32(row), vldrbq_s32(weights));
            second = multiply_accumulate(second, vldrbq_s32(row + LANES), vldrbq_s32(weights + LANES));
            row += params->row_stride;
            weights += params->channels;
        }
    }
    vstrbq_s32(output + channel, rescale(params, channel, first, all));
    vstrbq_s32(output + channel + LANES, rescale(params, channel + LANES, second, all));
}

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
    vstrbq_p_s32(output + channel, rescale(params, channel, accumulator, lanes), lanes);
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
    for (; channel + TWO_VECTORS <= params->channels; channel += TWO_VECTORS) {
        eight_channels(params, run, channel, output);
    }
    for (; channel < params->channels; channel += LANES) {
        few_channels(params, run, channel, output);
    }
}

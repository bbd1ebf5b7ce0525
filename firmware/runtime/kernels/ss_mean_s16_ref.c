#include "ss_kernels_s16.h"
#include "ss_requantize.h"

static int32_t sum(const ss_mean_params *params, const int16_t *input)
{
    int32_t total = params->offset;
    for (int32_t i = 0; i < params->reduced0_count; ++i) {
        const int16_t *element = input + i * params->reduced0_stride;
        for (int32_t j = 0; j < params->reduced1_count; ++j) {
            total += *element;
            element += params->reduced1_stride;
        }
    }
    return total;
}

void ss_mean_s16_ref(const ss_mean_params *params, const int16_t *input, int16_t *output, void *scratch)
{
    (void)scratch;
    for (int32_t i = 0; i < params->kept0_count; ++i) {
        for (int32_t j = 0; j < params->kept1_count; ++j) {
            const int16_t *first = input + i * params->kept0_stride + j * params->kept1_stride;
            for (int32_t k = 0; k < params->kept2_count; ++k) {
                const int32_t total = sum(params, first);
                const int32_t scaled = ss_requantize(total, params->output_multiplier, params->output_shift);
                *output++ = (int16_t)ss_clamp(scaled + params->output_zero_point, INT16_MIN, INT16_MAX);
                first += params->kept2_stride;
            }
        }
    }
}

#include "ss_kernels.h"
#include "ss_requantize.h"

static int32_t sum(const ss_mean_params *params, const int8_t *input)
{
    int32_t total = params->offset;
    for (int32_t i = 0; i < params->reduced0_count; ++i) {
        const int8_t *element = input + i * params->reduced0_stride;
        for (int32_t j = 0; j < params->reduced1_count; ++j) {
            total += *element;
            element += params->reduced1_stride;
        }
    }
    return total;
}

static int8_t mean(const ss_mean_params *params, const int8_t *input)
{
    const int32_t scaled = ss_requantize(sum(params, input), params->output_multiplier, params->output_shift);
    return (int8_t)ss_clamp(scaled + params->output_zero_point, INT8_MIN, INT8_MAX);
}

void ss_mean_s8_ref(const ss_mean_params *params, const int8_t *input, int8_t *output, void *scratch)
{
    (void)scratch;
    for (int32_t i = 0; i < params->kept0_count; ++i) {
        for (int32_t j = 0; j < params->kept1_count; ++j) {
            const int8_t *line = input + i * params->kept0_stride + j * params->kept1_stride;
            for (int32_t k = 0; k < params->kept2_count; ++k) {
                *output++ = mean(params, line);
                line += params->kept2_stride;
            }
        }
    }
}

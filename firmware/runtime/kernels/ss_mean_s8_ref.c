#include "ss_kernels.h"
#include "ss_mean.h"

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

static void line(const ss_mean_params *params, const int8_t *input, int8_t *output)
{
    for (int32_t k = 0; k < params->kept2_count; ++k) {
        output[k] = ss_mean_of(params, sum(params, input));
        input += params->kept2_stride;
    }
}

void ss_mean_s8_ref(const ss_mean_params *params, const int8_t *input, int8_t *output, void *scratch)
{
    (void)scratch;
    ss_mean_lines(params, line, input, output);
}

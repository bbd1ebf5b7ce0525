#include "ss_copy.h"
#include "ss_kernels.h"

/* The inner loop; most runs are a few bytes. */
static void lines(const ss_copy_strided_params *params, const int8_t *source, int8_t *target)
{
    for (int32_t i = 0; i < params->count3; ++i) {
        if (params->run == 1) {
            *target = *source;
        } else {
            ss_copy_bytes(source, target, params->run);
        }
        source += params->source3;
        target += params->target3;
    }
}

void ss_copy_strided_s8_ref(const ss_copy_strided_params *params, const void *input, void *output, void *scratch)
{
    (void)scratch;
    const int8_t *const first = input;
    int8_t *const place = output;
    for (int32_t i = 0; i < params->count0; ++i) {
        for (int32_t j = 0; j < params->count1; ++j) {
            const int8_t *source = first + i * params->source0 + j * params->source1;
            int8_t *target = place + i * params->target0 + j * params->target1;
            for (int32_t k = 0; k < params->count2; ++k) {
                lines(params, source + k * params->source2, target + k * params->target2);
            }
        }
    }
}

#include "ss_kernels.h"
#include "ss_requantize.h"

enum { LEFT_SHIFT = 8 };

static int32_t rescale(int32_t value, int32_t zero_point, int32_t multiplier, int32_t shift)
{
    return ss_requantize((value - zero_point) * (1 << LEFT_SHIFT), multiplier, shift);
}

void ss_compare_s8_ref(const ss_compare_params *params, const int8_t *input1, const int8_t *input2, int8_t *output,
                       void *scratch)
{
    (void)scratch;
    for (int32_t i = 0; i < params->size; ++i) {
        const int32_t a =
            rescale(input1[i], params->input1_zero_point, params->input1_multiplier, params->input1_shift);
        const int32_t b =
            rescale(input2[i], params->input2_zero_point, params->input2_multiplier, params->input2_shift);
        const int32_t order = a < b ? 0 : (a == b ? 1 : 2);
        output[i] = (int8_t)((params->accepted >> order) & 1);
    }
}

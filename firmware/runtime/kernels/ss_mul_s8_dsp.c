/* MUL for the DSP extension. The packer hands this kernel only factors that shift right by 1 or more. */
#include "ss_dsp.h"
#include "ss_kernels.h"
#include "ss_requantize.h"

void ss_mul_s8_dsp(const ss_mul_params *params, const int8_t *input1, const int8_t *input2, int8_t *output,
                   void *scratch)
{
    (void)scratch;
    const int32_t doubled_zero1 = 2 * params->input1_zero_point; /* SMMULR wants the product doubled */
    const int32_t zero2 = params->input2_zero_point;
    const int32_t multiplier = params->output_multiplier;
    const int32_t exponent = -params->output_shift;
    const int32_t output_zero_point = params->output_zero_point;
    const int8_t *const end = output + params->size;
#pragma GCC unroll 4
    while (output != end) {
        const int32_t doubled = (2 * *input1++ - doubled_zero1) * (*input2++ - zero2);
        const int32_t product = ss_smmulr(doubled, multiplier);
        *output++ = (int8_t)ss_saturate_s8(ss_divide_and_offset(product, exponent, output_zero_point));
    }
    ss_narrow_in_place(output - params->size, params->size, params->activation_min, params->activation_max);
}

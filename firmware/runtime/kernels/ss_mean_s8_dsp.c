/*
 * MEAN for the DSP extension: a run of neighbouring elements four at a time, or four neighbouring outputs at once. The
 * packer hands this kernel only shapes whose inner reduced axis or inner kept axis is contiguous.
 */
#include "ss_dsp.h"
#include "ss_kernels.h"
#include "ss_mean.h"

static const uint32_t SIGNS = 0x80808080U;

/* USADA8 sums x + 128, which the end takes off again. */
static int32_t sum_of_run(const int8_t *input, int32_t size)
{
    uint32_t total = 0;
    int32_t left = size;
#pragma GCC unroll 4
    for (; left >= 4; left -= 4) {
        total = ss_add_u8x4(ss_load_four(input) ^ SIGNS, total);
        input += 4;
    }
    int32_t sum = (int32_t)total - 128 * (size - left);
    for (int32_t i = 0; i < left; ++i) {
        sum += input[i];
    }
    return sum;
}

static void line_of_runs(const ss_mean_params *params, const int8_t *input, int8_t *output)
{
    for (int32_t k = 0; k < params->kept2_count; ++k) {
        int32_t total = params->offset;
        for (int32_t i = 0; i < params->reduced0_count; ++i) {
            total += sum_of_run(input + i * params->reduced0_stride, params->reduced1_count);
        }
        output[k] = ss_mean_of(params, total);
        input += params->kept2_stride;
    }
}

/* SXTAB takes a byte out of a word as it adds it. */
static void four_outputs(const ss_mean_params *params, const int8_t *input, int8_t *output)
{
    int32_t sum0 = params->offset;
    int32_t sum1 = params->offset;
    int32_t sum2 = params->offset;
    int32_t sum3 = params->offset;
    for (int32_t i = 0; i < params->reduced0_count; ++i) {
        const int8_t *element = input + i * params->reduced0_stride;
        for (int32_t j = params->reduced1_count; j > 0; --j) {
            const uint32_t four = ss_load_four(element);
            sum0 += (int8_t)four;
            sum1 += (int8_t)(four >> 8);
            sum2 += (int8_t)(four >> 16);
            sum3 += (int8_t)(four >> 24);
            element += params->reduced1_stride;
        }
    }
    output[0] = ss_mean_of(params, sum0);
    output[1] = ss_mean_of(params, sum1);
    output[2] = ss_mean_of(params, sum2);
    output[3] = ss_mean_of(params, sum3);
}

static void line_of_neighbours(const ss_mean_params *params, const int8_t *input, int8_t *output)
{
    int32_t k = 0;
    for (; k + 4 <= params->kept2_count; k += 4) {
        four_outputs(params, input + k, output + k);
    }
    for (; k < params->kept2_count; ++k) {
        int32_t total = params->offset;
        for (int32_t i = 0; i < params->reduced0_count; ++i) {
            const int8_t *element = input + k + i * params->reduced0_stride;
            for (int32_t j = params->reduced1_count; j > 0; --j) {
                total += *element;
                element += params->reduced1_stride;
            }
        }
        output[k] = ss_mean_of(params, total);
    }
}

void ss_mean_s8_dsp(const ss_mean_params *params, const int8_t *input, int8_t *output, void *scratch)
{
    (void)scratch;
    if (params->reduced1_stride == 1) {
        ss_mean_lines(params, line_of_runs, input, output);
    } else {
        ss_mean_lines(params, line_of_neighbours, input, output);
    }
}

/* Two rows at a time, four columns a round: every input word is loaded once for both. SMLALD multiplies two pairs and adds both
 * products to 64 bits. */
#include "ss_dsp.h"
#include "ss_layer_s16.h"

/* Row n, and row n + 1 where `second` is its weights and not those of row n again. */
static void two_rows(const ss_fully_connected_s16_params *params, int32_t n, const int8_t *second, const int16_t *input,
                     int16_t *output)
{
    const int8_t *first = params->weights + n * params->input_size;
    const int32_t other = second == first ? n : n + 1;
    int64_t sum0 = params->bias[n];
    int64_t sum1 = params->bias[other];
    for (int32_t k = params->input_size >> 2; k > 0; --k) {
        const uint32_t low = ss_load_two_s16(input);
        const uint32_t high = ss_load_two_s16(input + 2);
        const uint32_t weights0 = ss_load_four(first);
        const uint32_t weights1 = ss_load_four(second);
        sum0 = ss_smlald(ss_widen_even(weights0), low, sum0);
        sum1 = ss_smlald(ss_widen_even(weights1), low, sum1);
        sum0 = ss_smlald(ss_widen_odd(weights0), high, sum0);
        sum1 = ss_smlald(ss_widen_odd(weights1), high, sum1);
        first += 4;
        second += 4;
        input += 4;
    }
    for (int32_t k = 0; k < (params->input_size & 3); ++k) {
        sum0 += first[k] * input[k];
        sum1 += second[k] * input[k];
    }
    output[n] = ss_layer_output_s16(params, n, sum0);
    output[other] = ss_layer_output_s16(params, other, sum1);
}

void ss_fully_connected_s16_dsp(const ss_fully_connected_s16_params *params, const int16_t *input, int16_t *output,
                                void *scratch)
{
    (void)scratch;
    for (int32_t n = 0; n < params->output_size; n += 2) {
        const int8_t *const first = params->weights + n * params->input_size;
        two_rows(params, n, n + 1 < params->output_size ? first + params->input_size : first, input, output);
    }
}

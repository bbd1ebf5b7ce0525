#include "ss_kernels.h"

void ss_table_s8_ref(const ss_table_params *params, const int8_t *input, int8_t *output, void *scratch)
{
    (void)scratch;
    const int8_t *table = params->table;
    for (int32_t i = 0; i < params->size; ++i) {
        output[i] = table[(uint8_t)input[i]];
    }
}

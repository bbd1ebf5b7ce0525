#include "ss_kernels.h"

void ss_table_s8_ref(const ss_table_params *params, const int8_t *input, int8_t *output, void *scratch)
{
    (void)scratch;
    const int8_t *const table = params->table;
    const int8_t *const end = output + params->size; /* read once: a store of int8 may alias the parameters */
    while (output != end) {
        *output++ = table[(uint8_t)*input++];
    }
}

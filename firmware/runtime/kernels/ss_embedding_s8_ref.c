/* GATHER of one table row a token. TFLM: gather.cc, axis 0. */
#include <string.h>

#include "ss_kernels.h"

void ss_embedding_s8_ref(const ss_embedding_params *params, const int32_t *tokens, int8_t *output, void *scratch) {
    (void)scratch;
    const int32_t width = params->width;
    for (int32_t index = 0; index < params->token_count; ++index) {
        memcpy(output + index * width, params->table + tokens[index] * width, (size_t)width);
    }
}

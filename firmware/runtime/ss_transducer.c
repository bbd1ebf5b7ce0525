/* Greedy transducer: at most one token a step, fed back to the predictor. */
#include <string.h>

#include "skipstone.h"
#include "ss_best_token.h"
#include "ss_context.h"

ss_status ss_set_context(ss_instance *instance, const int32_t *tokens) {
    if ((instance == NULL) || (tokens == NULL)) {
        return SS_ERROR_ARGUMENT;
    }
    const ss_model *model = instance->model;
    for (uint16_t index = 0; index < model->context_count; ++index) {
        if ((tokens[index] < 0) || (tokens[index] >= (int32_t)model->logit_count)) {
            return SS_ERROR_ARGUMENT;
        }
    }
    if (model->context_count > 0U) {
        memcpy(ss_context_of(instance), tokens, model->context_count * sizeof *tokens);
    }
    return SS_OK;
}

int32_t ss_transducer_push(ss_instance *instance, const void *logits) {
    const ss_model *model = instance->model;
    const int32_t best = ss_best_token(model, logits);
    if (best == (int32_t)model->blank) {
        return -1;
    }
    if (model->context_count > 0U) {
        int32_t *const context = ss_context_of(instance);
        memmove(context, context + 1, (model->context_count - 1U) * sizeof *context);
        context[model->context_count - 1U] = best;
    }
    return best;
}

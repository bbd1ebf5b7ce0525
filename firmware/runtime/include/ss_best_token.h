/* ss_best_token.h: the token with the largest logit, the first of equals. For the runtime only. */
#ifndef SS_BEST_TOKEN_H
#define SS_BEST_TOKEN_H

#include "skipstone.h"

static inline int32_t ss_best_token_s8(const int8_t *logits, int32_t count) {
    int32_t best = 0;
    for (int32_t token = 1; token < count; ++token) {
        if (logits[token] > logits[best]) {
            best = token;
        }
    }
    return best;
}

static inline int32_t ss_best_token_s16(const int16_t *logits, int32_t count) {
    int32_t best = 0;
    for (int32_t token = 1; token < count; ++token) {
        if (logits[token] > logits[best]) {
            best = token;
        }
    }
    return best;
}

static inline int32_t ss_best_token(const ss_model *model, const void *logits) {
    const int32_t count = (int32_t)model->logit_count;
    return model->logit_width == 2U ? ss_best_token_s16(logits, count) : ss_best_token_s8(logits, count);
}

#endif

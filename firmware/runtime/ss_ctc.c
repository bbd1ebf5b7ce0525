/* Greedy CTC: the best token of every step, repetitions and blanks removed. */
#include "skipstone.h"

void ss_ctc_reset(ss_ctc *ctc) {
    ctc->previous = -1;
}

int32_t ss_ctc_push(ss_ctc *ctc, const ss_model *model, const int8_t *logits) {
    int32_t best = 0;
    for (int32_t token = 1; token < (int32_t)model->logit_count; ++token) {
        if (logits[token] > logits[best]) {
            best = token;
        }
    }
    const bool repeated = best == ctc->previous;
    ctc->previous = best;
    return (repeated || (best == (int32_t)model->blank)) ? -1 : best;
}

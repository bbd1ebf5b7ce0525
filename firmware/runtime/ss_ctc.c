/* Greedy CTC: the best token of every step, repetitions and blanks removed. */
#include "skipstone.h"
#include "ss_best_token.h"

void ss_ctc_reset(ss_ctc *ctc) {
    ctc->previous = -1;
}

int32_t ss_ctc_push(ss_ctc *ctc, const ss_model *model, const void *logits) {
    const int32_t best = ss_best_token(model, logits);
    const bool repeated = best == ctc->previous;
    ctc->previous = best;
    return (repeated || (best == (int32_t)model->blank)) ? -1 : best;
}

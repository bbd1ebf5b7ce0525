/* What the grammar hears in the stream, where the model was generated with one. */
#ifndef SS_UNDERSTANDING_H
#define SS_UNDERSTANDING_H

#include "hal.h"
#include "ss_intent.h"

/* The grammar, or NULL. Without one the other functions do nothing. */
const ss_grammar *ss_understanding_grammar(void);

/* Bind the decoder to its memory; call once, before the others. */
void ss_understanding_init(void);

void ss_understanding_reset(void);

/* Take the logits of one step and count what that costs. */
void ss_understanding_step(const int8_t *logits);

/* The command so far; its intent is −1 without a grammar. */
ss_intent_result ss_understanding_end(void);

/* Cost of all steps since the reset. */
ss_counters ss_understanding_cost(void);

#endif

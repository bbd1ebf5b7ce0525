/* The intent decoder of the stream. */
#include "understanding.h"

#if defined(SS_GRAMMAR)

#include "grammar.h" /* generated */
#include "profile.h"

static _Alignas(SS_ALIGNMENT) uint8_t memory[GRAMMAR_BYTES];
static ss_intent decoder;
static ss_counters cost;

const ss_grammar *ss_understanding_grammar(void) { return &ss_generated_grammar; }

void ss_understanding_init(void) { (void)ss_intent_init(&decoder, &ss_generated_grammar, memory, sizeof memory); }

void ss_understanding_reset(void) {
    ss_intent_reset(&decoder);
    cost = (ss_counters){0};
}

void ss_understanding_step(const int8_t *logits) {
    ss_counters start;
    ss_counters end;
    ss_counters_read(&start);
    ss_intent_push(&decoder, logits);
    ss_counters_read(&end);
    const ss_counters counts = ss_counters_between(&start, &end);
    ss_counters_add(&cost, &counts);
}

ss_intent_result ss_understanding_end(void) { return ss_intent_end(&decoder); }

ss_counters ss_understanding_cost(void) { return cost; }

#else

const ss_grammar *ss_understanding_grammar(void) { return NULL; }

void ss_understanding_init(void) {}

void ss_understanding_reset(void) {}

void ss_understanding_step(const int8_t *logits) { (void)logits; }

ss_intent_result ss_understanding_end(void) { return (ss_intent_result){.intent = -1, .score = SS_INTENT_FLOOR}; }

ss_counters ss_understanding_cost(void) { return (ss_counters){0}; }

#endif

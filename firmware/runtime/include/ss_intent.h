/*
 * Speech to intent: the best path of a grammar through the logits of a CTC model.
 *
 *     static _Alignas(SS_ALIGNMENT) uint8_t memory[GRAMMAR_BYTES];   generated grammar.h
 *     static ss_intent intent;
 *
 *     ss_intent_init(&intent, &ss_generated_grammar, memory, sizeof memory);
 *     ss_intent_push(&intent, logits);                               after every ss_step
 *     ss_intent_result result = ss_intent_end(&intent);              at the end of the command, as often as wanted
 *
 * Twin of skipstone.quantize.intent.decoder, integer for integer. Work and memory of a step are fixed by the grammar: all paths are
 * kept, there is no beam. The caller owns the memory; nothing is allocated.
 */
#ifndef SS_INTENT_H
#define SS_INTENT_H

#include "skipstone.h"

#ifdef __cplusplus
extern "C" {
#endif

enum {
    SS_INTENT_FLOOR = -(1 << 29), /* score of a path that does not exist */
};

/* An arc: a word that leads from state `source` to the state that owns the arc. */
typedef struct ss_grammar_arc {
    uint64_t add;     /* added to the history on entering, modulo 2^64 */
    uint16_t source;  /* state; 0 is the start */
    uint16_t token;   /* to be emitted */
    int16_t penalty;  /* logit steps, paid on entering; may be negative */
} ss_grammar_arc;

/* Bits shift … shift + bits − 1 of a history hold a slot: 0 no value, else the value's index + 1. */
typedef struct ss_grammar_slot {
    const char *name;
    const char *const *values;
    uint16_t value_count;
    uint8_t shift;  /* 0 … 63 */
    uint8_t bits;   /* 1 … 16 */
} ss_grammar_slot;

/* A compiled grammar; penalties in logit steps. */
typedef struct ss_grammar {
    uint16_t token_count;      /* logits of a step */
    uint16_t blank;
    uint16_t state_count;      /* at least 1 */
    uint16_t intent_count;
    uint16_t slot_count;
    int32_t filler;            /* paid on entering a stretch of words that the grammar does not have */
    int32_t reject;            /* a score below −reject is no command; −1: nothing is rejected */
    const uint16_t *first_arc; /* [state_count + 1]; the arcs that enter state s are first_arc[s] … first_arc[s + 1] − 1 */
    const ss_grammar_arc *arcs;
    const uint8_t *repeats;    /* [state_count]; 1 where a word that enters the state may also leave it */
    const int16_t *final;      /* [state_count]; intent that may end there, −1: none */
    const char *const *intents;
    const ss_grammar_slot *slots;
} ss_grammar;

/* The best path in a state; where its token may follow itself, that token and the best path in another one. */
typedef struct ss_intent_state {
    uint64_t history;
    uint64_t other_history;
    int32_t score;
    int32_t other_score;
    int32_t token; /* −1: none, or it cannot follow itself */
} ss_intent_state;

/* One decoder. The members are the library's. */
typedef struct ss_intent {
    const ss_grammar *grammar;
    ss_intent_state *states; /* [state_count] */
    uint64_t *histories;     /* [nodes]: for every state waiting, filling, then the arcs that enter it */
    int32_t *scores;         /* [nodes] */
    uint32_t steps;
} ss_intent;

/* Bytes of memory that a grammar of so many states and arcs needs. */
#define SS_INTENT_BYTES(states, arcs) \
    ((states) * sizeof(ss_intent_state) + ((arcs) + 2u * (states)) * (sizeof(uint64_t) + sizeof(int32_t)))

typedef struct ss_intent_result {
    int32_t intent;   /* index; −1: no command */
    int32_t score;    /* of the best path, in logit steps relative to the greedy path; SS_INTENT_FLOOR: no path has ended */
    uint64_t history; /* slot values, for ss_intent_slot */
    uint32_t steps;   /* taken since the reset */
} ss_intent_result;

/*
 * Bind a grammar to memory and reset.
 *   memory  aligned to SS_ALIGNMENT, at least SS_INTENT_BYTES(states, arcs)
 * Returns SS_OK, SS_ERROR_ARGUMENT or SS_ERROR_MEMORY.
 */
ss_status ss_intent_init(ss_intent *intent, const ss_grammar *grammar, uint8_t *memory, size_t bytes);

/* Start a new command. */
void ss_intent_reset(ss_intent *intent);

/* Take the logits of one step, int8[token_count]. A command may last 2,000,000 steps (22 hours at 40 ms). */
void ss_intent_push(ss_intent *intent, const int8_t *logits);

/* The best path that may end here; changes nothing. */
ss_intent_result ss_intent_end(const ss_intent *intent);

/* Index of the value that slot `index` has in a history; −1: none. */
static inline int32_t ss_intent_slot(const ss_grammar *grammar, uint64_t history, uint16_t index) {
    const ss_grammar_slot *const slot = &grammar->slots[index];
    return (int32_t)((history >> slot->shift) & ((UINT64_C(1) << slot->bits) - 1u)) - 1;
}

#ifdef __cplusplus
}
#endif

#endif

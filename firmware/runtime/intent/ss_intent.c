/* Speech to intent: Viterbi search over grammar and CTC lattice, all paths kept. */
#include "ss_intent.h"

enum { WAITING = 0, FILLING = 1, FIRST_ARC = 2 }; /* nodes of a state */

/* First node of a state. */
static uint32_t node_of(const ss_grammar *grammar, uint32_t state) { return grammar->first_arc[state] + 2u * state; }

static int32_t floored(int32_t score) { return score < SS_INTENT_FLOOR ? SS_INTENT_FLOOR : score; }

ss_status ss_intent_init(ss_intent *intent, const ss_grammar *grammar, uint8_t *memory, size_t bytes) {
    if (intent == NULL || grammar == NULL || memory == NULL) return SS_ERROR_ARGUMENT;
    const uint32_t states = grammar->state_count;
    const uint32_t nodes = node_of(grammar, states);
    if (bytes < SS_INTENT_BYTES(states, nodes - 2u * states)) return SS_ERROR_MEMORY;
    if ((uintptr_t)memory % SS_ALIGNMENT != 0u) return SS_ERROR_MEMORY;
    intent->grammar = grammar;
    intent->states = (ss_intent_state *)(void *)memory;
    intent->histories = (uint64_t *)(void *)(intent->states + states);
    intent->scores = (int32_t *)(void *)(intent->histories + nodes);
    ss_intent_reset(intent);
    return SS_OK;
}

void ss_intent_reset(ss_intent *intent) {
    const uint32_t nodes = node_of(intent->grammar, intent->grammar->state_count);
    for (uint32_t i = 0; i < nodes; i++) {
        intent->scores[i] = SS_INTENT_FLOOR;
        intent->histories[i] = 0;
    }
    intent->scores[WAITING] = 0;
    intent->steps = 0;
}

/* The best path in `state`, the first of equals, and the best one that a word may follow although it is the best one's word. */
static ss_intent_state best_in(const ss_intent *intent, uint32_t state) {
    const ss_grammar *const grammar = intent->grammar;
    const uint32_t first = node_of(grammar, state);
    const uint32_t arcs = (uint32_t)grammar->first_arc[state + 1u] - grammar->first_arc[state];
    const ss_grammar_arc *const arc = grammar->arcs + grammar->first_arc[state];
    const int32_t *const scores = intent->scores + first;
    const bool fills = scores[FILLING] > scores[WAITING];
    uint32_t best = fills ? FILLING : WAITING;
    uint32_t other = best;
    int32_t token = -1;
    for (uint32_t i = 0; i < arcs; i++) {
        const uint32_t node = FIRST_ARC + i;
        if (scores[node] > scores[best]) {
            if (token != (int32_t)arc[i].token) other = best;
            best = node;
            token = (int32_t)arc[i].token;
        } else if (token != (int32_t)arc[i].token && token >= 0 && scores[node] > scores[other]) {
            other = node;
        }
    }
    return (ss_intent_state){
        .history = intent->histories[first + best],
        .other_history = intent->histories[first + other],
        .score = scores[best],
        .other_score = scores[other],
        .token = token,
    };
}

/* A word of an arc goes on, or is entered from a better path; then it is emitted. */
static void say(ss_intent *intent, uint32_t node, const ss_grammar_arc *arc, int32_t emission) {
    const ss_intent_state *const from = &intent->states[arc->source];
    const bool repeated = from->token == (int32_t)arc->token; /* CTC: a word that follows itself needs a blank between */
    const int32_t enter = (repeated ? from->other_score : from->score) - arc->penalty;
    int32_t score = intent->scores[node];
    if (score < enter) {
        score = enter;
        intent->histories[node] = (repeated ? from->other_history : from->history) + arc->add;
    }
    intent->scores[node] = floored(score + emission);
}

/* The two nodes of a state itself: after a blank, and in words outside the grammar. */
static void rest(ss_intent *intent, uint32_t node, const ss_intent_state *here, int32_t blank, int32_t filler) {
    const int32_t enter = here->score - intent->grammar->filler;
    int32_t score = intent->scores[node + FILLING];
    if (score < enter) {
        score = enter;
        intent->histories[node + FILLING] = here->history;
    }
    intent->scores[node + FILLING] = floored(score + filler);
    intent->scores[node + WAITING] = floored(here->score + blank);
    intent->histories[node + WAITING] = here->history;
}

void ss_intent_push(ss_intent *intent, const int8_t *logits) {
    const ss_grammar *const grammar = intent->grammar;
    int32_t filler = INT8_MIN;
    for (uint32_t i = 0; i < grammar->token_count; i++) {
        if (i != grammar->blank && logits[i] > filler) filler = logits[i];
    }
    const int32_t blank = logits[grammar->blank];
    const int32_t top = blank > filler ? blank : filler;
    for (uint32_t state = 0; state < grammar->state_count; state++) intent->states[state] = best_in(intent, state);
    const ss_grammar_arc *arc = grammar->arcs;
    uint32_t node = 0;
    for (uint32_t state = 0; state < grammar->state_count; state++) {
        const ss_grammar_arc *const end = grammar->arcs + grammar->first_arc[state + 1u];
        rest(intent, node, &intent->states[state], blank - top, filler - top);
        for (node += FIRST_ARC; arc < end; arc++) say(intent, node++, arc, logits[arc->token] - top);
    }
    intent->steps++;
}

ss_intent_result ss_intent_end(const ss_intent *intent) {
    const ss_grammar *const grammar = intent->grammar;
    ss_intent_result result = {.intent = -1, .score = SS_INTENT_FLOOR, .history = 0, .steps = intent->steps};
    for (uint32_t state = 0; state < grammar->state_count; state++) {
        if (grammar->final[state] < 0) continue;
        const ss_intent_state best = best_in(intent, state);
        if (best.score > result.score) {
            result.intent = grammar->final[state];
            result.score = best.score;
            result.history = best.history;
        }
    }
    if (grammar->reject >= 0 && result.score < -grammar->reject) {
        result.intent = -1;
        result.history = 0;
    }
    return result;
}

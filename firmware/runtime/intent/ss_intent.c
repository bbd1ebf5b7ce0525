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

/* Node with the best path of a state, the first of equals; nodes are counted from the state's own. */
static uint32_t best_node(const int32_t *scores, uint32_t nodes) {
    uint32_t best = WAITING;
    int32_t highest = scores[WAITING];
    for (uint32_t node = FILLING; node < nodes; node++) {
        if (scores[node] > highest) {
            highest = scores[node];
            best = node;
        }
    }
    return best;
}

/* The best node that is not in `token`. */
static uint32_t best_other(const int32_t *scores, uint32_t nodes, const ss_grammar_arc *arcs, uint32_t token) {
    uint32_t best = scores[FILLING] > scores[WAITING] ? FILLING : WAITING;
    for (uint32_t node = FIRST_ARC; node < nodes; node++) {
        if (scores[node] > scores[best] && arcs[node - FIRST_ARC].token != token) best = node;
    }
    return best;
}

/* The best path in `state`, and where a word may follow itself the best one in another word. */
static ss_intent_state best_in(const ss_intent *intent, uint32_t state) {
    const ss_grammar *const grammar = intent->grammar;
    const uint32_t first = node_of(grammar, state);
    const uint32_t nodes = node_of(grammar, state + 1u) - first;
    const int32_t *const scores = intent->scores + first;
    const uint32_t best = best_node(scores, nodes);
    ss_intent_state result = {.history = intent->histories[first + best], .score = scores[best], .token = -1};
    if (grammar->repeats[state] != 0 && best >= FIRST_ARC) {
        const ss_grammar_arc *const arcs = grammar->arcs + grammar->first_arc[state];
        const uint32_t token = arcs[best - FIRST_ARC].token;
        const uint32_t other = best_other(scores, nodes, arcs, token);
        result.token = (int32_t)token;
        result.other_history = intent->histories[first + other];
        result.other_score = scores[other];
    }
    return result;
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

/* Words of the arcs that enter a state go on, or are entered from a better path; then they are emitted. */
static void say(const ss_intent_state *states, const ss_grammar_arc *arc, const ss_grammar_arc *end, int32_t *score,
                uint64_t *history, const int8_t *logits, int32_t top) {
    for (; arc < end; arc++, score++, history++) {
        const ss_intent_state *const from = &states[arc->source];
        const bool repeated = from->token == (int32_t)arc->token; /* CTC: needs a blank between */
        const int32_t enter = (repeated ? from->other_score : from->score) - arc->penalty;
        int32_t best = *score;
        if (best < enter) {
            best = enter;
            *history = (repeated ? from->other_history : from->history) + arc->add;
        }
        *score = floored(best + logits[arc->token] - top);
    }
}

void ss_intent_push(ss_intent *intent, const int8_t *logits) {
    const ss_grammar *const grammar = intent->grammar;
    int32_t filler = INT8_MIN;
    for (uint32_t i = 0; i < grammar->token_count; i++) {
        if (logits[i] > filler && i != grammar->blank) filler = logits[i];
    }
    const int32_t blank = logits[grammar->blank];
    const int32_t top = blank > filler ? blank : filler;
    for (uint32_t state = 0; state < grammar->state_count; state++) intent->states[state] = best_in(intent, state);
    for (uint32_t state = 0; state < grammar->state_count; state++) {
        const uint32_t node = node_of(grammar, state);
        rest(intent, node, &intent->states[state], blank - top, filler - top);
        say(intent->states, grammar->arcs + grammar->first_arc[state], grammar->arcs + grammar->first_arc[state + 1u],
            intent->scores + node + FIRST_ARC, intent->histories + node + FIRST_ARC, logits, top);
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

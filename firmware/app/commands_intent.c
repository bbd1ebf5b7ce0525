/* INTENT: the command that the grammar hears in the stream. */
#include "commands.h"
#include "understanding.h"

/* Places of the reply's arrays as many as slots are filled. */
static uint8_t filled_slots(const ss_grammar *grammar, uint64_t history) {
    uint8_t count = 0;
    for (uint16_t i = 0; i < grammar->slot_count; i++) count = (uint8_t)(count + (ss_intent_slot(grammar, history, i) >= 0));
    return count;
}

size_t ss_command_intent(ss_command *command) {
    const ss_grammar *const grammar = ss_understanding_grammar();
    if (!ssp_parse_intent_request(command->length)) return ss_refuse_length(command);
    if (grammar == NULL) return ss_refuse(command, SSP_ERROR_NO_GRAMMAR, 0);
    const ss_intent_result result = ss_understanding_end();
    const ss_counters cost = ss_understanding_cost();
    ssp_intent_reply reply = {
        .is_command = result.intent >= 0 ? 1u : 0u,
        .score = result.score,
        .steps = result.steps,
        .instructions = cost.instructions,
        .cycles = cost.cycles,
        .count = filled_slots(grammar, result.history),
    };
    const size_t length = ssp_place_intent_reply(command->reply, SSP_MAX_PAYLOAD, &reply);
    ssp_put_text(reply.intent, 32, result.intent >= 0 ? grammar->intents[result.intent] : "");
    uint32_t next = 0;
    for (uint16_t i = 0; i < grammar->slot_count; i++) {
        const int32_t value = ss_intent_slot(grammar, result.history, i);
        if (value < 0) continue;
        ssp_put_text(reply.slots + 32u * next, 32, grammar->slots[i].name);
        ssp_put_text(reply.values + 64u * next, 64, grammar->slots[i].values[value]);
        next++;
    }
    return length;
}

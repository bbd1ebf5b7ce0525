/* The stream and its memory. */
#include "session.h"

#include "accelerator.h"
#include "front_end.h"
#include "understanding.h"

static SS_MODEL_MEMORY _Alignas(SS_ALIGNMENT) uint8_t arena[MODEL_ARENA_BYTES + 1]; /* + 1: a size may be 0 */
static SS_MODEL_MEMORY _Alignas(SS_ALIGNMENT) uint8_t state[MODEL_STATE_BYTES + 1];

void ss_session_init(ss_session *session, bool start_model) {
    session->status = SS_ERROR_ARGUMENT;
    if (start_model) {
        session->status =
            ss_init(&session->instance, &ss_generated_model, arena, MODEL_ARENA_BYTES, state, MODEL_STATE_BYTES);
    }
    ss_accelerator_init();
    ss_understanding_init();
    if (session->status == SS_OK) ss_session_reset(session);
    ss_transcript_reset(&session->transcript);
}

void ss_session_reset(ss_session *session) {
    ss_accelerator_reset();
    (void)ss_reset(&session->instance);
    ss_front_end_reset();
    ss_ctc_reset(&session->ctc);
    ss_transcript_reset(&session->transcript);
    ss_understanding_reset();
}

int32_t ss_session_decode(ss_session *session) {
    const ss_model *const model = session->instance.model;
    if (model->context_count > 0U) return ss_transducer_push(&session->instance, session->logits);
    return ss_ctc_push(&session->ctc, model, session->logits);
}

ss_session_memory ss_session_memory_get(void) {
    return (ss_session_memory){
        .arena = arena,
        .arena_bytes = MODEL_ARENA_BYTES,
        .state = state,
        .state_bytes = MODEL_STATE_BYTES,
    };
}

uint8_t ss_gate_bytes(const ss_model *model) { return (uint8_t)((model->block_count + 7u) / 8u); }

void ss_gates_unpack(const uint8_t *bits, uint16_t block_count, uint8_t *gates) {
    for (uint16_t i = 0; i < block_count; i++) gates[i] = (uint8_t)(((uint32_t)bits[i / 8u] >> (i % 8u)) & 1u);
}

void ss_gates_pack(const uint8_t *gates, uint16_t block_count, uint8_t *bits) {
    for (uint16_t i = 0; i < block_count; i++) {
        const uint8_t bit = (uint8_t)((gates[i] != 0 ? 1u : 0u) << (i % 8u));
        bits[i / 8u] = (uint8_t)((i % 8u == 0 ? 0u : bits[i / 8u]) | bit);
    }
}

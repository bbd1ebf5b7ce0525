/* All that one stream needs: the model with its memory, the decoder, the text. */
#ifndef SS_SESSION_H
#define SS_SESSION_H

#include <stdint.h>

#include "model.h" /* generated: MODEL_ARENA_BYTES, MODEL_STATE_BYTES, MODEL_FEATURE_COUNT, MODEL_LOGIT_COUNT */
#include "skipstone.h"
#include "transcript.h"

typedef struct ss_session {
    ss_instance instance;
    ss_status status; /* of the start; SS_OK or the model cannot be used */
    ss_ctc ctc;
    ss_transcript transcript;
    _Alignas(4) int8_t features[MODEL_FEATURE_COUNT * MODEL_FEATURE_WIDTH]; /* bytes, as on the wire */
    _Alignas(4) int8_t logits[MODEL_LOGIT_COUNT * MODEL_LOGIT_WIDTH];
    uint8_t gates[SS_MAX_BLOCKS];
    uint8_t mask[SS_MAX_BLOCKS];
} ss_session;

/* Memory of arena and state, for the RAM test. */
typedef struct ss_session_memory {
    uint8_t *arena;
    uint32_t arena_bytes;
    uint8_t *state;
    uint32_t state_bytes;
} ss_session_memory;

/* Start the generated model. `start_model` false leaves it alone (after repeated faults). */
void ss_session_init(ss_session *session, bool start_model);

/* Forget the stream and the text. */
void ss_session_reset(ss_session *session);

/* Bytes of the features, and of the logits, of one step. */
static inline uint16_t ss_feature_bytes(const ss_model *model) {
    return (uint16_t)(model->feature_count * model->feature_width);
}

static inline uint16_t ss_logit_bytes(const ss_model *model) {
    return (uint16_t)(model->logit_count * model->logit_width);
}

/* The token that the logits of the step emit by the decoder of the model's head, or −1. */
int32_t ss_session_decode(ss_session *session);

ss_session_memory ss_session_memory_get(void);

/* Bytes of one step's gate bits: block i is bit i % 8 of byte i / 8. */
uint8_t ss_gate_bytes(const ss_model *model);

/* Gate bits to one byte a block, and back. */
void ss_gates_unpack(const uint8_t *bits, uint16_t block_count, uint8_t *gates);
void ss_gates_pack(const uint8_t *gates, uint16_t block_count, uint8_t *bits);

#endif

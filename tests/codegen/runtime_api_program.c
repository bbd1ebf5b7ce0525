/* Misuse of the runtime's interface on the host; prints the first line that is wrong, or "ok". */
#include <stdio.h>
#include <string.h>

#include "model.h"

static _Alignas(SS_ALIGNMENT) uint8_t arena[MODEL_ARENA_BYTES + SS_ALIGNMENT];
static _Alignas(SS_ALIGNMENT) uint8_t state[MODEL_STATE_BYTES + SS_ALIGNMENT];
static ss_instance instance;
static int failures = 0;

static void expect(int line, bool holds) {
    if (!holds) {
        printf("line %d\n", line);
        ++failures;
    }
}

static void check_init(void) {
    ss_model other = ss_generated_model;
    other.abi_version = SS_ABI_VERSION + 1U;
    expect(__LINE__, ss_init(NULL, &ss_generated_model, arena, sizeof arena, state, sizeof state) == SS_ERROR_ARGUMENT);
    expect(__LINE__, ss_init(&instance, NULL, arena, sizeof arena, state, sizeof state) == SS_ERROR_ARGUMENT);
    expect(__LINE__, ss_init(&instance, &other, arena, sizeof arena, state, sizeof state) == SS_ERROR_ABI);
    expect(__LINE__, ss_init(&instance, &ss_generated_model, arena + 1, sizeof arena - 1, state, sizeof state) == SS_ERROR_MEMORY);
    expect(__LINE__, ss_init(&instance, &ss_generated_model, arena, MODEL_ARENA_BYTES - 1, state, sizeof state) == SS_ERROR_MEMORY);
    expect(__LINE__, ss_init(&instance, &ss_generated_model, arena, sizeof arena, state, MODEL_STATE_BYTES - 1) == SS_ERROR_MEMORY);
    expect(__LINE__, ss_init(&instance, &ss_generated_model, NULL, sizeof arena, state, sizeof state) == SS_ERROR_MEMORY);
    expect(__LINE__, ss_init(&instance, &ss_generated_model, arena, sizeof arena, state, sizeof state) == SS_OK);
}

static void check_steps(void) {
    static const int8_t features[MODEL_FEATURE_COUNT];
    static const uint8_t open[MODEL_BLOCK_COUNT + 1] = {1};
    int8_t logits[MODEL_LOGIT_COUNT];
    uint8_t gates[MODEL_BLOCK_COUNT + 1];
    expect(__LINE__, ss_step(&instance, NULL, logits, gates) == SS_ERROR_ARGUMENT);
    expect(__LINE__, ss_step(&instance, features, NULL, gates) == SS_ERROR_ARGUMENT);
    expect(__LINE__, ss_step(&instance, features, logits, NULL) == SS_OK);
    expect(__LINE__, ss_step_traced(&instance, features, open, logits, gates) == SS_ERROR_TRACE);
    expect(__LINE__, ss_set_gate_source(&instance, SS_GATES_MASK, NULL) == SS_ERROR_ARGUMENT);
    expect(__LINE__, ss_set_gate_source(&instance, (ss_gate_source)5, open) == SS_ERROR_ARGUMENT);
    expect(__LINE__, ss_set_gate_source(&instance, SS_GATES_TRACE, NULL) == SS_OK);
    expect(__LINE__, ss_step(&instance, features, logits, gates) == SS_ERROR_TRACE);
    expect(__LINE__, ss_step_traced(&instance, features, NULL, logits, gates) == SS_ERROR_ARGUMENT);
    expect(__LINE__, ss_step_traced(&instance, features, open, logits, gates) == SS_OK);
    expect(__LINE__, (gates[0] == 1) && (gates[MODEL_BLOCK_COUNT - 1] == 0));
    expect(__LINE__, ss_set_gate_source(&instance, SS_GATES_ALL, NULL) == SS_OK);
    expect(__LINE__, ss_set_threshold_offset(&instance, -128) == SS_OK);
    expect(__LINE__, ss_step(&instance, features, logits, gates) == SS_OK);
    expect(__LINE__, gates[MODEL_BLOCK_COUNT - 1] == 1); /* the dial does not touch ALL */
    expect(__LINE__, ss_set_gate_source(&instance, SS_GATES_ARBITRATOR, NULL) == SS_OK);
    expect(__LINE__, ss_step(&instance, features, logits, gates) == SS_OK);
    expect(__LINE__, memchr(gates, 1, MODEL_BLOCK_COUNT) == NULL); /* but the arbitrators, from the start */
}

static void step_with(ss_gate_source source) {
    static const int8_t features[MODEL_FEATURE_COUNT];
    int8_t logits[MODEL_LOGIT_COUNT];
    expect(__LINE__, ss_set_gate_source(&instance, source, NULL) == SS_OK);
    expect(__LINE__, ss_step(&instance, features, logits, NULL) == SS_OK);
}

static void check_idle_reset(void) {
    const ss_state_info *info = ss_state(&ss_generated_model, 0);
    expect(__LINE__, ss_set_idle_reset(NULL, 2, 0) == SS_ERROR_ARGUMENT);
    expect(__LINE__, ss_set_idle_reset(&instance, 2, 0) == SS_OK);
    step_with(SS_GATES_ALL);
    step_with(SS_GATES_NONE);
    step_with(SS_GATES_NONE); /* too few steps ran a block */
    expect(__LINE__, (instance.idle_steps == 2) && (instance.executed_steps == 1));
    step_with(SS_GATES_ALL);
    expect(__LINE__, (instance.idle_steps == 0) && (instance.executed_steps == 2));
    step_with(SS_GATES_NONE);
    step_with(SS_GATES_NONE);
    expect(__LINE__, (instance.idle_steps == 0) && (instance.executed_steps == 0));
    for (uint32_t i = 0; i < (uint32_t)info->rows * info->row_bytes; ++i) {
        expect(__LINE__, (int8_t)state[info->data_offset + i] == info->zero_point);
    }
    step_with(SS_GATES_ALL);
    expect(__LINE__, ss_reset(&instance) == SS_OK);
    expect(__LINE__, instance.executed_steps == 0);
    expect(__LINE__, ss_set_idle_reset(&instance, 2, MODEL_BLOCK_COUNT) == SS_OK);
    step_with(SS_GATES_ALL); /* an idle step too, if so many blocks may run in one */
    expect(__LINE__, (instance.idle_steps == 1) && (instance.executed_steps == 0));
    expect(__LINE__, ss_set_idle_reset(&instance, 0, 0) == SS_OK);
    expect(__LINE__, ss_set_gate_source(&instance, SS_GATES_ARBITRATOR, NULL) == SS_OK);
}

static void check_tables(void) {
    int8_t values[4];
    const ss_state_info *info = ss_state(&ss_generated_model, 0);
    const uint32_t bytes = ss_state_bytes(info);
    const uint16_t beyond = ss_generated_model.state_count;
    expect(__LINE__, ss_state(&ss_generated_model, beyond) == NULL);
    expect(__LINE__, ss_block(&ss_generated_model, MODEL_BLOCK_COUNT) == NULL);
    expect(__LINE__, strcmp(ss_block(&ss_generated_model, 0)->name, "layer0/mha") == 0);
    expect(__LINE__, ss_state_read(&instance, beyond, 0, 1, values) == SS_ERROR_ARGUMENT);
    expect(__LINE__, ss_state_read(&instance, 0, bytes - 3U, 4, values) == SS_ERROR_ARGUMENT);
    expect(__LINE__, ss_state_read(&instance, 0, 0xFFFFFFFFU, 4, values) == SS_ERROR_ARGUMENT);
    expect(__LINE__, ss_state_read(&instance, 0, bytes - 4U, 4, values) == SS_OK);
    expect(__LINE__, ss_state_read(&instance, 0, bytes, 0, values) == SS_OK);
}

static void check_self_test(void) {
    int8_t features[MODEL_FEATURE_COUNT];
    int8_t logits[MODEL_LOGIT_COUNT];
    ss_model broken = ss_generated_model;
    ss_weight_segment segments[200];
    uint16_t failed = 0;
    memcpy(segments, broken.weights, sizeof(ss_weight_segment) * broken.weight_segment_count);
    broken.weights = segments;
    broken.known_answer_crc32 ^= 1U;
    segments[2].crc32 ^= 0x80U;
    expect(__LINE__, ss_check_weights(&ss_generated_model, &failed) == SS_OK);
    expect(__LINE__, ss_check_weights(&broken, &failed) == SS_ERROR_SELF_TEST);
    expect(__LINE__, failed == 2);
    expect(__LINE__, ss_known_answer(&instance, features, logits) == SS_OK);
    expect(__LINE__, ss_init(&instance, &broken, arena, sizeof arena, state, sizeof state) == SS_OK);
    expect(__LINE__, ss_known_answer(&instance, features, logits) == SS_ERROR_SELF_TEST);
}

int main(void) {
    check_init();
    check_steps();
    check_idle_reset();
    check_tables();
    check_self_test();
    puts((failures == 0) ? "ok" : "failed");
    return (failures == 0) ? 0 : 1;
}

/*
 * Example of skipstone.h: one stream, its memory owned by this file, no heap.
 *
 * The features are pseudo-random numbers; a product gives what its front end makes of the microphone. Every line of output that does not
 * begin with # is one step: gate source, logits and gates in hexadecimal, and the token that a greedy decoder emits, if any.
 */
#include <stddef.h>
#include <stdint.h>

#include "board.h"
#include "model.h"
#include "skipstone.h"

enum { STEPS_PER_PHASE = 8, THRESHOLD_OFFSET = 20 };

static _Alignas(SS_ALIGNMENT) uint8_t arena[MODEL_ARENA_BYTES + 1]; /* + 1: a size may be 0 */
static _Alignas(SS_ALIGNMENT) uint8_t state[MODEL_STATE_BYTES + 1];
enum { FEATURE_BYTES = MODEL_FEATURE_COUNT * MODEL_FEATURE_WIDTH, LOGIT_BYTES = MODEL_LOGIT_COUNT * MODEL_LOGIT_WIDTH };
static _Alignas(4) int8_t features[FEATURE_BYTES]; /* int8, or int16 where the width is 2 */
static _Alignas(4) int8_t logits[LOGIT_BYTES];
static uint8_t gates[MODEL_BLOCK_COUNT + 1];
static uint8_t mask[MODEL_BLOCK_COUNT + 1];
static ss_instance instance;
static ss_ctc ctc;

static void write_hex(const uint8_t *bytes, size_t count) {
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < count; i++) {
        const char text[3] = {digits[bytes[i] >> 4], digits[bytes[i] & 15u], 0};
        board_write(text);
    }
}

static void write_number(uint32_t number) {
    char text[11];
    size_t at = sizeof text - 1;
    text[at] = 0;
    do {
        text[--at] = (char)('0' + (int)(number % 10u));
        number /= 10u;
    } while (number > 0u);
    board_write(text + at);
}

/* End the program unless the library accepted the call. */
static void expect_ok(ss_status status, const char *call) {
    if (status == SS_OK) return;
    board_write("# ");
    board_write(call);
    board_write(": error ");
    write_number((uint32_t)status);
    board_write("\n");
    board_exit(0);
}

/* The next features: xorshift32 (Marsaglia 2003), top bytes. Stands for the front end. */
static void make_features(void) {
    static uint32_t word = 1;
    for (size_t i = 0; i < FEATURE_BYTES; i++) {
        word ^= word << 13;
        word ^= word >> 17;
        word ^= word << 5;
        features[i] = (int8_t)(uint8_t)(word >> 24);
    }
}

static void describe(const ss_model *model) {
    board_write("# model ");
    board_write(model->name);
    board_write(", made for ");
    board_write(model->board);
    board_write(" by skipstone ");
    board_write(model->tool_version);
    board_write("\n# arena ");
    write_number(model->arena_bytes);
    board_write(" bytes, state ");
    write_number(model->state_bytes);
    board_write(" bytes, weights ");
    write_number(model->weight_bytes);
    board_write(" bytes\n");
    for (uint16_t i = 0; i < model->block_count; i++) {
        const ss_block_info *const block = ss_block(model, i);
        board_write("# block ");
        board_write(block->name);
        board_write(", ");
        write_number(block->macs);
        board_write(" MACs\n");
    }
}

/* Token id of the step that has just run, or -1. A model without a table of tokens has nothing to decode. */
static int32_t decode(const ss_model *model) {
    if (model->context_count > 0u) return ss_transducer_push(&instance, logits);
    if (model->token_count > 0u) return ss_ctc_push(&ctc, model, logits);
    return -1;
}

static void run_phase(const char *name) {
    for (int i = 0; i < STEPS_PER_PHASE; i++) {
        make_features();
        expect_ok(ss_step(&instance, features, logits, gates), "ss_step");
        board_write(name);
        board_write(" ");
        write_hex((const uint8_t *)logits, LOGIT_BYTES);
        board_write(" ");
        write_hex(gates, MODEL_BLOCK_COUNT);
        const int32_t token = decode(instance.model);
        if (token >= 0) {
            board_write(" ");
            board_write(instance.model->tokens[token]);
        }
        board_write("\n");
    }
}

static void set_source(ss_gate_source source) {
    expect_ok(ss_set_gate_source(&instance, source, mask), "ss_set_gate_source");
}

int main(void) {
    const ss_model *const model = &ss_generated_model;
    describe(model);
    expect_ok(ss_init(&instance, model, arena, MODEL_ARENA_BYTES, state, MODEL_STATE_BYTES), "ss_init");
    expect_ok(ss_check_weights(model, NULL), "ss_check_weights");
    expect_ok(ss_known_answer(&instance, features, logits), "ss_known_answer");
    ss_ctc_reset(&ctc);

    run_phase("arbitrator"); /* after ss_init the model's arbitrators decide */

    expect_ok(ss_set_threshold_offset(&instance, THRESHOLD_OFFSET), "ss_set_threshold_offset");
    run_phase("offset");
    expect_ok(ss_set_threshold_offset(&instance, 0), "ss_set_threshold_offset");

    set_source(SS_GATES_ALL);
    run_phase("all");
    set_source(SS_GATES_NONE);
    run_phase("none");
    for (uint16_t i = 0; i < model->block_count; i++) mask[i] = (uint8_t)(i % 2u == 0u);
    set_source(SS_GATES_MASK);
    run_phase("mask");

    set_source(SS_GATES_ARBITRATOR); /* a new utterance */
    expect_ok(ss_reset(&instance), "ss_reset");
    ss_ctc_reset(&ctc);
    run_phase("reset");
    board_exit(1);
}

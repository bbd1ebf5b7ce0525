/* Runs a generated model on the host: commands on stdin, results on stdout. See codegen_host_program.py. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model.h"

enum { STEP = 0, TRACED_STEP = 1, GATE_SOURCE = 2, OFFSET = 3, RESET = 4, STATES = 5, SELF_TEST = 6 };

static _Alignas(SS_ALIGNMENT) uint8_t arena[MODEL_ARENA_BYTES];
static _Alignas(SS_ALIGNMENT) uint8_t state[MODEL_STATE_BYTES + 1];
static ss_instance instance;
static ss_ctc ctc;

static void check(ss_status status) {
    if (status != SS_OK) {
        fprintf(stderr, "status %d\n", (int)status);
        exit(3);
    }
}

static void take(void *data, size_t bytes) {
    if (fread(data, 1, bytes, stdin) != bytes) {
        fprintf(stderr, "the stream of commands ends early\n");
        exit(4);
    }
}

static void step(int traced) {
    static int8_t features[MODEL_FEATURE_COUNT];
    static int8_t logits[MODEL_LOGIT_COUNT];
    uint8_t gates[MODEL_BLOCK_COUNT + 1];
    uint8_t trace[MODEL_BLOCK_COUNT + 1];
    take(features, sizeof features);
    memset(arena, 0xA5, sizeof arena); /* nothing may depend on what the last step left */
    if (traced != 0) {
        take(trace, MODEL_BLOCK_COUNT);
        check(ss_step_traced(&instance, features, trace, logits, gates));
    } else {
        check(ss_step(&instance, features, logits, gates));
    }
    fwrite(logits, 1, sizeof logits, stdout);
    fwrite(gates, 1, MODEL_BLOCK_COUNT, stdout);
    const bool is_transducer = instance.model->context_count > 0U;
    const int32_t token = is_transducer ? ss_transducer_push(&instance, logits) : ss_ctc_push(&ctc, instance.model, logits);
    fwrite(&token, 1, sizeof token, stdout);
}

static void set_source(void) {
    uint8_t source = 0;
    uint8_t mask[MODEL_BLOCK_COUNT + 1];
    take(&source, 1);
    take(mask, MODEL_BLOCK_COUNT);
    check(ss_set_gate_source(&instance, (ss_gate_source)source, mask));
}

static void dump_states(void) {
    for (uint16_t index = 0; index < instance.model->state_count; ++index) {
        const ss_state_info *info = ss_state(instance.model, index);
        const uint32_t bytes = ss_state_bytes(info);
        int8_t *values = malloc(bytes);
        check(ss_state_read(&instance, index, 0, bytes / 2U, values)); /* in two parts, as pages over serial */
        check(ss_state_read(&instance, index, bytes / 2U, bytes - bytes / 2U, values + bytes / 2U));
        fwrite(values, 1, bytes, stdout);
        free(values);
    }
}

static void self_test(void) {
    static int8_t features[MODEL_FEATURE_COUNT];
    static int8_t logits[MODEL_LOGIT_COUNT];
    uint16_t failed = 0;
    check(ss_check_weights(instance.model, &failed));
    check(ss_known_answer(&instance, features, logits));
}

static void reset(void) {
    check(ss_reset(&instance));
    ss_ctc_reset(&ctc);
}

int main(void) {
    check(ss_init(&instance, &ss_generated_model, arena, sizeof arena, state, sizeof state));
    ss_ctc_reset(&ctc);
    for (int command = getchar(); command != EOF; command = getchar()) {
        int8_t offset = 0;
        switch (command) {
            case STEP:
            case TRACED_STEP:
                step(command == TRACED_STEP);
                break;
            case GATE_SOURCE:
                set_source();
                break;
            case OFFSET:
                take(&offset, 1);
                check(ss_set_threshold_offset(&instance, offset));
                break;
            case RESET:
                reset();
                break;
            case STATES:
                dump_states();
                break;
            case SELF_TEST:
                self_test();
                break;
            default:
                fprintf(stderr, "unknown command %d\n", command);
                return 2;
        }
    }
    return 0;
}

/* The last tokens of a transducer on the host; prints the first line that is wrong, or "ok". */
#include <stdio.h>
#include <string.h>

#include "model.h"

static _Alignas(SS_ALIGNMENT) uint8_t arena[MODEL_ARENA_BYTES];
static _Alignas(SS_ALIGNMENT) uint8_t state[MODEL_STATE_BYTES];
static ss_instance instance;
static int failures = 0;

static void expect(int line, bool holds) {
    if (!holds) {
        printf("line %d\n", line);
        ++failures;
    }
}

/* The logits of one step of an empty stream in which `tokens` were the last ones; NULL: those that a reset leaves. */
static void logits_after(const int32_t *tokens, int8_t *logits) {
    static const int8_t features[MODEL_FEATURE_COUNT] = {9, -7, 5};
    expect(__LINE__, ss_reset(&instance) == SS_OK);
    if (tokens != NULL) {
        expect(__LINE__, ss_set_context(&instance, tokens) == SS_OK);
    }
    expect(__LINE__, ss_step(&instance, features, logits, NULL) == SS_OK);
}

static bool same(const int32_t *one, const int32_t *other) {
    int8_t first[MODEL_LOGIT_COUNT];
    int8_t second[MODEL_LOGIT_COUNT];
    logits_after(one, first);
    logits_after(other, second);
    return memcmp(first, second, sizeof first) == 0;
}

static void check_refusals(void) {
    const int32_t good[2] = {3, MODEL_LOGIT_COUNT - 1};
    const int32_t negative[2] = {3, -1};
    const int32_t large[2] = {MODEL_LOGIT_COUNT, 1};
    const uint32_t offset = instance.model->context_offset;
    expect(__LINE__, instance.model->context_count == 2U);
    expect(__LINE__, ss_set_context(NULL, good) == SS_ERROR_ARGUMENT);
    expect(__LINE__, ss_set_context(&instance, NULL) == SS_ERROR_ARGUMENT);
    expect(__LINE__, ss_set_context(&instance, good) == SS_OK);
    expect(__LINE__, ss_set_context(&instance, negative) == SS_ERROR_ARGUMENT);
    expect(__LINE__, ss_set_context(&instance, large) == SS_ERROR_ARGUMENT);
    expect(__LINE__, memcmp(state + offset, good, sizeof good) == 0);
}

static void check_decoder(void) {
    const int32_t blanks[2] = {0, 0};
    const int32_t one[2] = {0, 3};
    const int32_t both[2] = {3, 4};
    int8_t logits[MODEL_LOGIT_COUNT] = {0};
    const uint32_t offset = instance.model->context_offset;
    expect(__LINE__, same(NULL, blanks));
    expect(__LINE__, !same(one, both));
    expect(__LINE__, ss_reset(&instance) == SS_OK);
    expect(__LINE__, ss_transducer_push(&instance, logits) == -1); /* all equal: the first, which is the blank */
    expect(__LINE__, memcmp(state + offset, blanks, sizeof blanks) == 0);
    logits[3] = 1;
    expect(__LINE__, ss_transducer_push(&instance, logits) == 3);
    expect(__LINE__, memcmp(state + offset, one, sizeof one) == 0);
    logits[4] = 2;
    expect(__LINE__, ss_transducer_push(&instance, logits) == 4);
    expect(__LINE__, memcmp(state + offset, both, sizeof both) == 0);
}

int main(void) {
    expect(__LINE__, ss_init(&instance, &ss_generated_model, arena, sizeof arena, state, sizeof state) == SS_OK);
    check_refusals();
    check_decoder();
    if (failures == 0) {
        printf("ok\n");
    }
    return failures;
}

/*
 * A model by hand. Block i is open when features[i] + 2 · gate_bias[i] > 0. Every step counts itself in state byte 0, every open block i
 * counts itself in state byte 1 + i. The logits are 0 but for the one at (the largest of the first MODEL_LOGIT_COUNT features).
 * On a board, features[159] = 127 overflows the stack.
 */
#include "model.h"

#include <string.h>

#include "ss_hooks.h"

static const ss_block_info blocks[MODEL_BLOCK_COUNT] = {
    {"layer0/mha", SS_BLOCK_MHA, 0, 100, 10}, {"layer0/ffn", SS_BLOCK_FFN, 0, 200, 20},
    {"layer1/mha", SS_BLOCK_MHA, 0, 100, 10}, {"layer1/ffn", SS_BLOCK_FFN, 0, 200, 20},
    {"layer2/mha", SS_BLOCK_MHA, 0, 100, 10}, {"layer2/ffn", SS_BLOCK_FFN, 0, 200, 20},
    {"layer3/mha", SS_BLOCK_MHA, -129, 100, 10}, {"layer3/ffn", SS_BLOCK_FFN, 127, 200, 20},
    {"layer4/mha", SS_BLOCK_MHA, 0, 100, 10}, {"layer4/ffn", SS_BLOCK_FFN, 0, 200, 20},
};

static const ss_state_info states[1] = {
    {.name = "counts", .shape = {1, 96}, .rank = 2, .zero_point = 0, .rows = 1, .row_bytes = 96, .data_offset = 0,
     .head_offset = SS_NO_HEAD},
};

static const char *const tokens[MODEL_LOGIT_COUNT] = {
    "<blank>", "\xE2\x96\x81turn", "\xE2\x96\x81on", "\xE2\x96\x81the", "\xE2\x96\x81light", "s",
    "\xE2\x96\x81off", "\xE2\x96\x81", "a", "b", "c", "d",
};

static const uint8_t weights[9] = {'1', '2', '3', '4', '5', '6', '7', '8', '9'};
static const ss_weight_segment segments[1] = {{"weights", weights, sizeof weights, 0xCBF43926u}};

/* Fill the stack, frame after frame, until it overflows. */
static uint32_t overflow_stack(uint32_t depth) {
    volatile uint32_t frame[4];
    frame[depth % 4u] = depth;
    return depth == UINT32_MAX ? 0u : overflow_stack(depth + 1u) + frame[depth % 4u];
}

static void step(uint8_t *state, uint8_t *arena, const void *feature_memory, const int8_t *gate_bias, void *logit_memory,
                 uint8_t *gates) {
    const int8_t *const features = feature_memory;
    int8_t *const logits = logit_memory;
#if defined(__arm__)
    if (features[MODEL_FEATURE_COUNT - 1] == 127) state[95] = (uint8_t)overflow_stack(0u);
#else
    (void)overflow_stack;
#endif
    SS_BLOCK_BEGIN(MODEL_BLOCK_COUNT);
    state[0]++;
    memcpy(arena, features, MODEL_LOGIT_COUNT);
    SS_BLOCK_END(MODEL_BLOCK_COUNT);
    for (uint32_t i = 0; i < MODEL_BLOCK_COUNT; i++) {
        gates[i] = (uint8_t)(features[i] + 2 * gate_bias[i] > 0);
        if (gates[i] == 0) continue;
        SS_BLOCK_BEGIN(i);
        state[1 + i]++;
        SS_BLOCK_END(i);
    }
    SS_BLOCK_BEGIN(MODEL_BLOCK_COUNT + 1);
    uint32_t best = 0;
    for (uint32_t i = 1; i < MODEL_LOGIT_COUNT; i++) {
        if ((int8_t)arena[i] > (int8_t)arena[best]) best = i;
    }
    memset(logits, 0, MODEL_LOGIT_COUNT);
    logits[best] = 100;
    SS_BLOCK_END(MODEL_BLOCK_COUNT + 1);
}

const ss_model ss_generated_model = {
    .abi_version = SS_ABI_VERSION,
    .name = "fake",
    .board = "any",
    .tool_version = "0",
    .sha256 = {1, 2, 3},
    .feature_count = MODEL_FEATURE_COUNT,
    .logit_count = MODEL_LOGIT_COUNT,
    .feature_width = MODEL_FEATURE_WIDTH,
    .logit_width = MODEL_LOGIT_WIDTH,
    .block_count = MODEL_BLOCK_COUNT,
    .state_count = 1,
    .arena_bytes = MODEL_ARENA_BYTES,
    .state_bytes = MODEL_STATE_BYTES,
    .weight_bytes = sizeof weights,
    .frames_per_step = 4,
    .samples_per_step = 640,
    .token_count = MODEL_LOGIT_COUNT,
    .blank = 0,
    .logit_scale = 0.1f,
    .weight_segment_count = 1,
    .blocks = blocks,
    .states = states,
    .tokens = tokens,
    .weights = segments,
    .step = step,
};

/* Self-tests: the weights in flash and the arithmetic, each against what the code generator stored. */
#include <string.h>

#include "skipstone.h"
#include "ss_context.h"

/* CRC-32/ISO-HDLC of one nibble. */
static const uint32_t crc_table[16] = {
    0x00000000U, 0x1DB71064U, 0x3B6E20C8U, 0x26D930ACU, 0x76DC4190U, 0x6B6B51F4U, 0x4DB26158U, 0x5005713CU,
    0xEDB88320U, 0xF00F9344U, 0xD6D6A3E8U, 0xCB61B38CU, 0x9B64C2B0U, 0x86D3D2D4U, 0xA00AE278U, 0xBDBDF21CU,
};

/* Continue `crc` (0 at the start) over more bytes, as zlib's crc32. */
static uint32_t crc32(uint32_t crc, const void *data, uint32_t bytes) {
    const uint8_t *next = (const uint8_t *)data;
    uint32_t sum = ~crc;
    for (uint32_t index = 0; index < bytes; ++index) {
        sum ^= next[index];
        sum = (sum >> 4) ^ crc_table[sum & 15U];
        sum = (sum >> 4) ^ crc_table[sum & 15U];
    }
    return ~sum;
}

ss_status ss_check_weights(const ss_model *model, uint16_t *failed) {
    if (model == NULL) {
        return SS_ERROR_ARGUMENT;
    }
    for (uint16_t index = 0; index < model->weight_segment_count; ++index) {
        const ss_weight_segment *segment = &model->weights[index];
        if (crc32(0, segment->data, segment->bytes) != segment->crc32) {
            if (failed != NULL) {
                *failed = index;
            }
            return SS_ERROR_SELF_TEST;
        }
    }
    return SS_OK;
}

/* The next pseudo-random features: xorshift32 (Marsaglia 2003), the top byte of every word. */
static void known_features(uint32_t *seed, uint8_t *features, uint32_t bytes) {
    uint32_t word = *seed;
    for (uint32_t index = 0; index < bytes; ++index) {
        word ^= word << 13;
        word ^= word >> 17;
        word ^= word << 5;
        features[index] = (uint8_t)(word >> 24);
    }
    *seed = word;
}

/* The last tokens of one step of the test. */
static void known_context(ss_instance *instance, uint32_t step) {
    const ss_model *model = instance->model;
    for (uint32_t index = 0; index < model->context_count; ++index) {
        ss_context_of(instance)[index] = (int32_t)((2U * step + 1U + index) % model->logit_count);
    }
}

ss_status ss_known_answer(ss_instance *instance, void *features, void *logits) {
    if ((instance == NULL) || (features == NULL) || (logits == NULL)) {
        return SS_ERROR_ARGUMENT;
    }
    const ss_model *model = instance->model;
    int8_t all_open[SS_MAX_BLOCKS];
    memset(all_open, INT8_MAX, sizeof all_open);
    uint32_t seed = 1;
    uint32_t crc = 0;
    (void)ss_reset(instance);
    for (uint16_t step = 0; step < model->known_answer_steps; ++step) {
        known_features(&seed, features, (uint32_t)model->feature_count * model->feature_width);
        known_context(instance, step);
        model->step(instance->state, instance->arena, features, all_open, logits, instance->gates);
        crc = crc32(crc, logits, (uint32_t)model->logit_count * model->logit_width);
    }
    (void)ss_reset(instance);
    return ((model->known_answer_steps == 0U) || (crc == model->known_answer_crc32)) ? SS_OK : SS_ERROR_SELF_TEST;
}

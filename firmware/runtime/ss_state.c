/* Block and state tables; streaming state in logical order. */
#include <string.h>

#include "skipstone.h"

const ss_block_info *ss_block(const ss_model *model, uint16_t index) {
    return ((model != NULL) && (index < model->block_count)) ? &model->blocks[index] : NULL;
}

const ss_state_info *ss_state(const ss_model *model, uint16_t index) {
    return ((model != NULL) && (index < model->state_count)) ? &model->states[index] : NULL;
}

uint32_t ss_state_bytes(const ss_state_info *state) {
    return (uint32_t)(state->rows - state->first_row) * state->row_bytes;
}

static uint32_t ring_head(const ss_instance *instance, const ss_state_info *info) {
    uint16_t head = 0;
    if (info->head_offset != SS_NO_HEAD) {
        memcpy(&head, instance->state + info->head_offset, sizeof head);
    }
    return head;
}

ss_status ss_state_read(const ss_instance *instance, uint16_t index, uint32_t offset, uint32_t bytes, int8_t *values) {
    const ss_state_info *info = (instance != NULL) ? ss_state(instance->model, index) : NULL;
    if ((info == NULL) || (values == NULL)) {
        return SS_ERROR_ARGUMENT;
    }
    const uint32_t total = ss_state_bytes(info);
    if ((offset > total) || (bytes > (total - offset))) {
        return SS_ERROR_ARGUMENT;
    }
    const uint32_t memory = info->rows * info->row_bytes;
    const uint32_t first = (ring_head(instance, info) + info->first_row) * info->row_bytes;
    const uint8_t *data = instance->state + info->data_offset;
    for (uint32_t position = 0; position < bytes; ++position) {
        const uint32_t source = first + offset + position;
        values[position] = (int8_t)data[source % memory];
    }
    return SS_OK;
}

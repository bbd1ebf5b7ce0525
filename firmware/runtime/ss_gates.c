/* Gate sources: every one of them is a gate bias, the vector that the model adds to its gate logits before the compare. */
#include <string.h>

#include "skipstone.h"

static void fill_bias(ss_instance *instance, int8_t bias) {
    memset(instance->gate_bias, bias, sizeof instance->gate_bias);
}

static void mask_bias(ss_instance *instance, const uint8_t *mask) {
    for (uint16_t block = 0; block < instance->model->block_count; ++block) {
        instance->gate_bias[block] = (mask[block] != 0U) ? INT8_MAX : INT8_MIN;
    }
}

ss_status ss_set_gate_source(ss_instance *instance, ss_gate_source source, const uint8_t *mask) {
    if ((instance == NULL) || ((source == SS_GATES_MASK) && (mask == NULL))) {
        return SS_ERROR_ARGUMENT;
    }
    switch (source) {
        case SS_GATES_ARBITRATOR:
            fill_bias(instance, instance->threshold_offset);
            break;
        case SS_GATES_ALL:
            fill_bias(instance, INT8_MAX);
            break;
        case SS_GATES_NONE:
        case SS_GATES_TRACE:
            fill_bias(instance, INT8_MIN);
            break;
        case SS_GATES_MASK:
            mask_bias(instance, mask);
            break;
        default:
            return SS_ERROR_ARGUMENT;
    }
    instance->source = source;
    return SS_OK;
}

ss_status ss_set_threshold_offset(ss_instance *instance, int8_t offset) {
    if (instance == NULL) {
        return SS_ERROR_ARGUMENT;
    }
    instance->threshold_offset = offset;
    if (instance->source == SS_GATES_ARBITRATOR) {
        fill_bias(instance, offset);
    }
    return SS_OK;
}

/* Life of an instance: binding a model to the caller's memory, reset, one step. */
#include <string.h>

#include "skipstone.h"
#include "ss_context.h"

static bool is_aligned(const uint8_t *memory) {
    return ((uintptr_t)memory % SS_ALIGNMENT) == 0U;
}

static bool memory_is_enough(const uint8_t *memory, size_t bytes, uint32_t needed) {
    return (needed == 0U) || ((memory != NULL) && (bytes >= needed) && is_aligned(memory));
}

ss_status ss_init(ss_instance *instance, const ss_model *model, uint8_t *arena, size_t arena_bytes, uint8_t *state,
                  size_t state_bytes) {
    if ((instance == NULL) || (model == NULL)) {
        return SS_ERROR_ARGUMENT;
    }
    if ((model->abi_version != SS_ABI_VERSION) || (model->block_count > SS_MAX_BLOCKS)) {
        return SS_ERROR_ABI;
    }
    if (!memory_is_enough(arena, arena_bytes, model->arena_bytes) || !memory_is_enough(state, state_bytes, model->state_bytes)) {
        return SS_ERROR_MEMORY;
    }
    memset(instance, 0, sizeof *instance);
    instance->model = model;
    instance->arena = arena;
    instance->state = state;
    instance->source = SS_GATES_ARBITRATOR;
    return ss_reset(instance);
}

static void clear_states(ss_instance *instance) {
    for (uint16_t index = 0; index < instance->model->state_count; ++index) {
        const ss_state_info *info = &instance->model->states[index];
        memset(instance->state + info->data_offset, info->zero_point, (size_t)info->rows * info->row_bytes);
        if (info->head_offset != SS_NO_HEAD) {
            memset(instance->state + info->head_offset, 0, sizeof(uint16_t));
        }
    }
}

ss_status ss_reset(ss_instance *instance) {
    if (instance == NULL) {
        return SS_ERROR_ARGUMENT;
    }
    clear_states(instance);
    instance->idle_steps = 0U;
    instance->executed_steps = 0U;
    for (uint16_t index = 0; index < instance->model->context_count; ++index) {
        ss_context_of(instance)[index] = (int32_t)instance->model->blank;
    }
    return SS_OK;
}

ss_status ss_set_idle_reset(ss_instance *instance, uint16_t steps, uint16_t blocks) {
    if (instance == NULL) {
        return SS_ERROR_ARGUMENT;
    }
    instance->idle_reset = steps;
    instance->idle_blocks = blocks;
    instance->idle_steps = 0U;
    instance->executed_steps = 0U;
    return SS_OK;
}

static void count_idle(ss_instance *instance) {
    uint16_t executed = 0U;
    for (uint16_t block = 0; block < instance->model->block_count; ++block) {
        if (instance->gates[block] != 0U) {
            ++executed;
        }
    }
    if (executed > instance->idle_blocks) {
        instance->idle_steps = 0U;
        if (instance->executed_steps < instance->idle_reset) {
            ++instance->executed_steps;
        }
        return;
    }
    if (instance->idle_steps < instance->idle_reset) {
        ++instance->idle_steps;
    }
    if ((instance->idle_steps == instance->idle_reset) && (instance->executed_steps == instance->idle_reset)) {
        clear_states(instance);
        instance->idle_steps = 0U;
        instance->executed_steps = 0U;
    }
}

static void run_step(ss_instance *instance, const void *features, void *logits, uint8_t *gates) {
    const ss_model *model = instance->model;
    model->step(instance->state, instance->arena, features, instance->gate_bias, logits, instance->gates);
    if ((gates != NULL) && (model->block_count > 0U)) {
        memcpy(gates, instance->gates, model->block_count);
    }
    if (instance->idle_reset != 0U) {
        count_idle(instance);
    }
}

ss_status ss_step(ss_instance *instance, const void *features, void *logits, uint8_t *gates) {
    if ((instance == NULL) || (features == NULL) || (logits == NULL)) {
        return SS_ERROR_ARGUMENT;
    }
    if (instance->source == SS_GATES_TRACE) {
        return SS_ERROR_TRACE;
    }
    run_step(instance, features, logits, gates);
    return SS_OK;
}

ss_status ss_step_traced(ss_instance *instance, const void *features, const uint8_t *trace, void *logits, uint8_t *gates) {
    if ((instance == NULL) || (features == NULL) || (trace == NULL) || (logits == NULL)) {
        return SS_ERROR_ARGUMENT;
    }
    if (instance->source != SS_GATES_TRACE) {
        return SS_ERROR_TRACE;
    }
    for (uint16_t block = 0; block < instance->model->block_count; ++block) {
        instance->gate_bias[block] = (trace[block] != 0U) ? INT8_MAX : INT8_MIN;
    }
    run_step(instance, features, logits, gates);
    return SS_OK;
}

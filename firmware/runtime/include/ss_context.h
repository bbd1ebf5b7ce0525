/* ss_context.h: where the last tokens of a transducer lie. For the runtime only. */
#ifndef SS_CONTEXT_H
#define SS_CONTEXT_H

#include "skipstone.h"

/* int32[model->context_count], oldest first; not to be used where that is 0. */
static inline int32_t *ss_context_of(const ss_instance *instance) {
    return (int32_t *)(void *)(instance->state + instance->model->context_offset);
}

#endif

/* One generated model and its stream of features. */
#ifndef RUN_MODELS_H
#define RUN_MODELS_H

#include "skipstone.h"

typedef struct {
    const ss_model *model;
    int32_t steps;
    const int8_t *features;
} model_case;

extern const model_case *const model_cases[];
extern const int32_t model_case_count;

#endif

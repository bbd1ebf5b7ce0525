/* A model by hand, for tests of the application: see model.c. */
#ifndef MODEL_H
#define MODEL_H

#include "skipstone.h"

#define MODEL_ARENA_BYTES 64
#define MODEL_STATE_BYTES 96
#define MODEL_FEATURE_COUNT 160
#define MODEL_LOGIT_COUNT 12
#define MODEL_FEATURE_WIDTH 1
#define MODEL_LOGIT_WIDTH 1
#define MODEL_BLOCK_COUNT 10

extern const ss_model ss_generated_model;

#endif

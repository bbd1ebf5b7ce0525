/* The integrated front end: PCM to features. SS_FRONT_END is set by the build when the model comes with front-end tables. */
#ifndef SS_FRONT_END_H
#define SS_FRONT_END_H

#include <stdbool.h>
#include <stdint.h>

#include "skipstone.h"

/* The image contains a front end, and the model takes what it makes. */
bool ss_front_end_fits(const ss_model *model);

/* Forget the audio. */
void ss_front_end_reset(void);

/* One step: pcm int16[samples_per_step] little endian at any alignment → features int8[feature_count]. Needs ss_front_end_fits. */
void ss_front_end_step(const uint8_t *pcm, int8_t *features);

#endif

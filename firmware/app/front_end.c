/* The integrated front end. */
#include "front_end.h"

#if defined(SS_FRONT_END)

#include "ss_log_mel.h"
#include "ss_protocol.h"

static ss_log_mel log_mel;
static int16_t samples[SS_LOG_MEL_STEP_SAMPLES];

bool ss_front_end_fits(const ss_model *model) {
    return model->samples_per_step == SS_LOG_MEL_STEP_SAMPLES && model->feature_count == SS_LOG_MEL_STEP_FEATURES &&
           model->feature_width == 1u;
}

void ss_front_end_reset(void) { ss_log_mel_reset(&log_mel); }

void ss_front_end_step(const uint8_t *pcm, int8_t *features) {
    for (uint32_t i = 0; i < SS_LOG_MEL_STEP_SAMPLES; i++) samples[i] = ssp_get_i16(pcm + 2u * i);
    ss_log_mel_step(&log_mel, samples, features);
}

#else

bool ss_front_end_fits(const ss_model *model) {
    (void)model;
    return false;
}

void ss_front_end_reset(void) {}

void ss_front_end_step(const uint8_t *pcm, int8_t *features) {
    (void)pcm;
    (void)features;
}

#endif

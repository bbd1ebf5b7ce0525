/*
 * Log-mel features in integer arithmetic: 16 kHz PCM to int8, one model step at a time.
 *
 * Twin of skipstone.quantize.features.log_mel; the two give the same bytes for every input. Bit widths,
 * overflow proof and measured error: docs/explanation/features.md. Compile together with ss_fft512_<variant>.c,
 * ss_mel_<variant>.c and the frontend_tables.c generated for the same variant: ref (any core), dsp (Cortex-M4, M7,
 * M33) or mve (Cortex-M55). All give the same bytes.
 */
#ifndef SS_LOG_MEL_H
#define SS_LOG_MEL_H

#include <stdint.h>

#include "ss_fft512.h"

enum {
    SS_LOG_MEL_WINDOW = 400,                              /* samples, 25 ms */
    SS_LOG_MEL_HOP = 160,                                 /* samples, 10 ms */
    SS_LOG_MEL_HISTORY = SS_LOG_MEL_WINDOW - SS_LOG_MEL_HOP, /* samples kept between steps */
    /* samples of a step that its frames with history reach */
    SS_LOG_MEL_JOINED = (SS_LOG_MEL_HISTORY + SS_LOG_MEL_HOP - 1) / SS_LOG_MEL_HOP * SS_LOG_MEL_HOP,
    SS_LOG_MEL_BINS = 40,                                 /* mel filters */
    SS_LOG_MEL_FRAMES_PER_STEP = 4,
    SS_LOG_MEL_STEP_SAMPLES = SS_LOG_MEL_HOP * SS_LOG_MEL_FRAMES_PER_STEP,   /* 640, 40 ms */
    SS_LOG_MEL_STEP_FEATURES = SS_LOG_MEL_BINS * SS_LOG_MEL_FRAMES_PER_STEP, /* 160 */
};

/* State of one audio stream and its scratch memory, owned by the caller; 3168 bytes. */
typedef struct {
    /* The last samples of the step before, oldest first; behind them room for the first ones of this step. */
    int16_t history[SS_LOG_MEL_HISTORY + SS_LOG_MEL_JOINED];
    ss_fft512_buffer work; /* scratch of ss_log_mel_step; holds nothing between calls */
} ss_log_mel;

/* Forget all samples: the next step is the first of an utterance. Must be called before the first step. */
void ss_log_mel_reset(ss_log_mel *state);

/*
 * Turn one step of audio into features.
 *
 * pcm       640 samples, 16 kHz mono.
 * features  160 int8: 4 frames, oldest first, each 40 bins from low to high; one unit is an eighth of an
 *           octave of power (0.376 dB), silence is -128.
 */
void ss_log_mel_step(ss_log_mel *state, const int16_t pcm[SS_LOG_MEL_STEP_SAMPLES],
                     int8_t features[SS_LOG_MEL_STEP_FEATURES]);

#endif

#include "ss_log_mel.h"

#include <string.h>

#include "ss_mel.h"

/* The first frames of a step lie partly or wholly in samples of the step before: copied behind them, they are contiguous. */
static void join_history(ss_log_mel *state, const int16_t *pcm)
{
    memcpy(state->history + SS_LOG_MEL_HISTORY, pcm, SS_LOG_MEL_JOINED * sizeof *pcm);
}

void ss_log_mel_reset(ss_log_mel *state)
{
    memset(state->history, 0, sizeof state->history);
}

void ss_log_mel_step(ss_log_mel *state, const int16_t pcm[SS_LOG_MEL_STEP_SAMPLES],
                     int8_t features[SS_LOG_MEL_STEP_FEATURES])
{
    join_history(state, pcm);
    for (uint32_t frame = 0U; frame < SS_LOG_MEL_FRAMES_PER_STEP; ++frame) {
        const uint32_t start = frame * SS_LOG_MEL_HOP; /* in history followed by pcm */
        const int16_t *const samples =
            start < SS_LOG_MEL_HISTORY ? state->history + start : pcm + (start - SS_LOG_MEL_HISTORY);
        ss_fft512_power(&state->work, samples);
        ss_mel_features(&state->work, features + frame * SS_LOG_MEL_BINS);
    }
    memcpy(state->history, pcm + (SS_LOG_MEL_STEP_SAMPLES - SS_LOG_MEL_HISTORY),
           SS_LOG_MEL_HISTORY * sizeof *pcm);
}

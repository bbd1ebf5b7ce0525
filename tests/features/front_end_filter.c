/*
 * The C front end as a filter: each record on stdin is u32 steps, then steps * 640 int16; the answer on
 * stdout is steps * 160 int8. Built with the sanitizers by test_c_twin.py.
 */
#include <stdio.h>

#include "ss_log_mel.h"

int main(void)
{
    static ss_log_mel state;
    int16_t pcm[SS_LOG_MEL_STEP_SAMPLES];
    int8_t features[SS_LOG_MEL_STEP_FEATURES];
    uint32_t steps = 0U;
    while (fread(&steps, sizeof steps, 1, stdin) == 1) {
        ss_log_mel_reset(&state);
        for (uint32_t step = 0U; step < steps; ++step) {
            if (fread(pcm, sizeof pcm, 1, stdin) != 1) {
                return 1;
            }
            ss_log_mel_step(&state, pcm, features);
            if (fwrite(features, sizeof features, 1, stdout) != 1) {
                return 1;
            }
        }
    }
    return 0;
}

#include "ss_log_mel.h"
#include "ss_mel.h"
#include "ss_mel_log2.h"

enum {
    POWER_SHIFT = 16, /* |2 X|^2 with twice 7 fraction bits to squared PCM units */
    WEIGHT_BITS = 15,
};

/*
 * Over segment s, filter s rises and filter s - 1 falls with the complementary weight, so one product a bin
 * serves both: falling = 2^15 * total - rising.
 */
void ss_mel_features(ss_fft512_buffer *buffer, int8_t features[SS_LOG_MEL_BINS])
{
    const uint64_t *const power = buffer->power;
    const uint16_t *weight = ss_log_mel_weight;
    const uint64_t *bin = power + ss_log_mel_first_bin[0];
    uint64_t risen = 0U;
    for (uint32_t segment = 0U; segment <= SS_LOG_MEL_BINS; ++segment) {
        const uint64_t *const end = power + ss_log_mel_first_bin[segment + 1U];
        uint64_t total = 0U;
        uint64_t rising = 0U;
        for (; bin < end; ++bin, ++weight) {
            const uint64_t value = *bin >> POWER_SHIFT;
            total += value;
            rising += value * *weight;
        }
        if (segment != 0U) {
            features[segment - 1U] = ss_mel_feature(risen + (total << WEIGHT_BITS) - rising);
        }
        risen = rising;
    }
}

#include "ss_log_mel.h"

#include <string.h>

#include "ss_log_mel_tables.h"

_Static_assert((-1 >> 1) == -1, "right shift of a negative value must be arithmetic");

enum {
    WINDOW_SHIFT = 9,  /* Q16 product to 7 fraction bits */
    POWER_SHIFT = 16, /* |2 X|^2 with twice 7 fraction bits to squared PCM units */
    WEIGHT_BITS = 15,
    LOG2_BITS = 15,
    LOG2_SEGMENT_BITS = 5,
    FEATURE_SHIFT = LOG2_BITS - 3, /* Q15 to eighths */
};

static inline int32_t windowed(int16_t sample, uint16_t weight)
{
    return ((int32_t)sample * (int32_t)weight + (1 << (WINDOW_SHIFT - 1))) >> WINDOW_SHIFT;
}

/* Window samples [first, first + count) of a frame, both even, into the digit-reversed places of the FFT. */
static void load(ss_complex32 *spectrum, const int16_t *samples, uint32_t first, uint32_t count)
{
    const uint16_t *const window = ss_log_mel_window + first;
    const uint8_t *const place = ss_log_mel_digit_reversal + first / 2U;
    for (uint32_t i = 0U; i < count; i += 2U) {
        spectrum[place[i / 2U]] = (ss_complex32){
            windowed(samples[i], window[i]),
            windowed(samples[i + 1U], window[i + 1U]),
        };
    }
}

static void load_padding(ss_complex32 *spectrum)
{
    for (uint32_t n = SS_LOG_MEL_WINDOW / 2; n < SS_FFT512_POINTS; ++n) {
        spectrum[ss_log_mel_digit_reversal[n]] = (ss_complex32){0, 0};
    }
}

static inline uint32_t leading_zeros(uint64_t value)
{
    const uint32_t high = (uint32_t)(value >> 32);
    return (uint32_t)(high != 0U ? __builtin_clz(high) : 32 + __builtin_clz((uint32_t)value));
}

/* log2 of a positive value by its leading one and a linearly interpolated table, Q15. */
static inline int32_t log2_q15(uint64_t value)
{
    const uint32_t zeros = leading_zeros(value);
    const uint32_t mantissa = (uint32_t)((value << zeros) >> 32) & 0x7FFFFFFFU;
    const uint32_t segment = mantissa >> (31 - LOG2_SEGMENT_BITS);
    const uint32_t within = (mantissa >> (31 - LOG2_SEGMENT_BITS - 16)) & 0xFFFFU;
    const uint32_t base = ss_log_mel_log2[segment];
    const uint32_t fraction = base + (((ss_log_mel_log2[segment + 1U] - base) * within) >> 16);
    return (int32_t)(((63U - zeros) << LOG2_BITS) + fraction);
}

/* round(8 log2(energy)) - 8 reference, saturated; 0 counts as the smallest energy. */
static inline int8_t feature(uint64_t energy)
{
    const int32_t reference = ss_log_mel_reference_log2 * (1 << LOG2_BITS);
    const int32_t level = log2_q15(energy == 0U ? 1U : energy) - reference;
    const int32_t rounded = (level + (1 << (FEATURE_SHIFT - 1))) >> FEATURE_SHIFT;
    return (int8_t)(rounded < INT8_MIN ? INT8_MIN : rounded > INT8_MAX ? INT8_MAX : rounded);
}

/*
 * Over segment s, filter s rises and filter s - 1 falls with the complementary weight, so one product a bin
 * serves both: falling = 2^15 * total - rising.
 */
static void mel_features(const uint64_t *power, int8_t features[SS_LOG_MEL_BINS])
{
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
            features[segment - 1U] = feature(risen + (total << WEIGHT_BITS) - rising);
        }
        risen = rising;
    }
}

void ss_log_mel_reset(ss_log_mel *state)
{
    memset(state->history, 0, sizeof state->history);
}

void ss_log_mel_step(ss_log_mel *state, const int16_t pcm[SS_LOG_MEL_STEP_SAMPLES],
                     int8_t features[SS_LOG_MEL_STEP_FEATURES])
{
    for (uint32_t frame = 0U; frame < SS_LOG_MEL_FRAMES_PER_STEP; ++frame) {
        const uint32_t start = frame * SS_LOG_MEL_HOP; /* in history followed by pcm */
        const uint32_t old = start < SS_LOG_MEL_HISTORY ? SS_LOG_MEL_HISTORY - start : 0U;
        load(state->work.spectrum, state->history + (SS_LOG_MEL_HISTORY - old), 0U, old);
        load(state->work.spectrum, pcm + (start + old - SS_LOG_MEL_HISTORY), old, SS_LOG_MEL_WINDOW - old);
        load_padding(state->work.spectrum);
        ss_fft512_power(&state->work);
        mel_features(state->work.power, features + frame * SS_LOG_MEL_BINS);
    }
    memcpy(state->history, pcm + (SS_LOG_MEL_STEP_SAMPLES - SS_LOG_MEL_HISTORY), sizeof state->history);
}

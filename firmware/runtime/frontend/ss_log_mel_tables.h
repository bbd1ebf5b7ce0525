/*
 * Constant tables of the log-mel front end. Defined in frontend_tables.c, which codegen writes from the
 * FEATURES settings of a model (skipstone.quantize.features.c_tables.emit_c_tables). A file holds the tables of one
 * variant only; brackets name the variants that have a table.
 */
#ifndef SS_LOG_MEL_TABLES_H
#define SS_LOG_MEL_TABLES_H

#include <stdint.h>

#include "ss_fft512.h"

enum { SS_LOG_MEL_LOG2_SEGMENTS = 32 };

/* [ref, mve] Periodic Hann window, Q16; the peak is 65535, so a product with any int16 fits int32. */
extern const uint16_t ss_log_mel_window[400];

/* [ref, mve] Base-4 digit reversal of 0 .. 255. */
extern const uint8_t ss_log_mel_digit_reversal[SS_FFT512_POINTS];

/* [ref] exp(-2 pi j k / 256), k = 0 .. 191, Q30. */
extern const ss_complex32 ss_log_mel_fft_twiddle[3 * SS_FFT512_POINTS / 4];

/* [ref] exp(-2 pi j k / 512), k = 0 .. 127, Q30. */
extern const ss_complex32 ss_log_mel_split_twiddle[SS_FFT512_POINTS / 2];

/* [dsp] For n = 0 .. 63: byte offset of the first butterfly's results, then the windows of points n, n + 64, n + 128 and,
 * for n < 8, n + 192: two a point, Q24. */
extern const int32_t ss_log_mel_dsp_first_stage[8 * 9 + 56 * 7];

/* [dsp] Stages of quarter 4, 16, 64, each for its butterflies but the first: cos, sin, -sin (Q31) of the second, third and
 * fourth point, then 1, or 0 after the last butterfly. */
extern const int32_t ss_log_mel_dsp_rotations[10 * (3 + 15 + 63)];

/* [dsp] cos, sin, -sin of exp(-2 pi j k / 512), k = 1 .. 128, Q31. */
extern const int32_t ss_log_mel_dsp_split[3 * SS_FFT512_POINTS / 2];

/* [mve] Stages of quarter 4, 16, 64, each for two butterflies at a time: vectors of the twiddles of the second, third and
 * fourth points, Q31. */
extern const int32_t ss_log_mel_mve_rotations[6 * (4 + 16 + 64)];

/* [mve] exp(-2 pi j k / 512), k = 1 .. 128, Q31. */
extern const int32_t ss_log_mel_mve_split[SS_FFT512_POINTS];

/* [mve] ss_log_mel_weight, each as (weight, weight << 16): factors of the low and high word of a power. */
extern const uint32_t ss_log_mel_mve_weight[];

/* First FFT bin of each of the 41 segments between neighbouring filter edges, then the end. */
extern const int16_t ss_log_mel_first_bin[42];

/*
 * [ref, dsp] Q15 weight, from the first bin of the first segment on, of each bin in the filter that rises over its
 * segment; the filter that falls there gets 32768 minus it.
 */
extern const uint16_t ss_log_mel_weight[];

/* log2(1 + i / 32), Q15. */
extern const uint16_t ss_log_mel_log2[SS_LOG_MEL_LOG2_SEGMENTS + 1];

/* log2 of the mel energy, with its 15 fraction bits, that gives the feature 0. */
extern const int32_t ss_log_mel_reference_log2;

#endif

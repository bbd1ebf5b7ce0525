/*
 * Constant tables of the log-mel front end. Defined in frontend_tables.c, which codegen writes from the
 * FEATURES settings of a model (skipstone.quantize.features.tables.emit_c_tables).
 */
#ifndef SS_LOG_MEL_TABLES_H
#define SS_LOG_MEL_TABLES_H

#include <stdint.h>

#include "ss_fft512.h"

enum { SS_LOG_MEL_LOG2_SEGMENTS = 32 };

/* Periodic Hann window, Q16; the peak is 65535, so a product with any int16 fits int32. */
extern const uint16_t ss_log_mel_window[400];

/* Base-4 digit reversal of 0 .. 255. */
extern const uint8_t ss_log_mel_digit_reversal[SS_FFT512_POINTS];

/* exp(-2 pi j k / 256), k = 0 .. 191, Q30. */
extern const ss_complex32 ss_log_mel_fft_twiddle[3 * SS_FFT512_POINTS / 4];

/* exp(-2 pi j k / 512), k = 0 .. 127, Q30. */
extern const ss_complex32 ss_log_mel_split_twiddle[SS_FFT512_POINTS / 2];

/* First FFT bin of each of the 41 segments between neighbouring filter edges, then the end. */
extern const int16_t ss_log_mel_first_bin[42];

/*
 * Q15 weight, from the first bin of the first segment on, of each bin in the filter that rises over its
 * segment; the filter that falls there gets 32768 minus it.
 */
extern const uint16_t ss_log_mel_weight[];

/* log2(1 + i / 32), Q15. */
extern const uint16_t ss_log_mel_log2[SS_LOG_MEL_LOG2_SEGMENTS + 1];

/* log2 of the mel energy, with its 15 fraction bits, that gives the feature 0. */
extern const int32_t ss_log_mel_reference_log2;

#endif

/*
 * Power spectrum of a windowed frame of 400 samples, padded to 512, in 32-bit integers without scaling between the stages.
 */
#ifndef SS_FFT512_H
#define SS_FFT512_H

#include <stdint.h>

enum { SS_FFT512_POINTS = 256 }; /* complex points: even samples are real parts, odd ones imaginary */

typedef struct {
    int32_t re;
    int32_t im;
} ss_complex32;

/* Windowed samples, then spectrum, then power, in the same 2 KB. */
typedef union {
    ss_complex32 spectrum[SS_FFT512_POINTS];
    uint64_t power[SS_FFT512_POINTS];
} ss_fft512_buffer;

/*
 * Window a frame and put |2 X[k]|^2 with 14 fraction bits into power[k], k = 1 .. 255; power[0] is 0 (DC and Nyquist
 * belong to no filter). The variants leave out bits that ss_mel_features of the same variant does not read.
 *
 * samples  400 int16, aligned 2. Any values: docs/explanation/features.md proves that nothing exceeds 32 bits.
 */
void ss_fft512_power(ss_fft512_buffer *buffer, const int16_t samples[400]);

#endif

/*
 * Power spectrum of 512 real samples in 32-bit integers, without scaling between the stages.
 */
#ifndef SS_FFT512_H
#define SS_FFT512_H

#include <stdint.h>

enum { SS_FFT512_POINTS = 256 }; /* complex points: even samples are real parts, odd ones imaginary */

typedef struct {
    int32_t re;
    int32_t im;
} ss_complex32;

/* Samples, then spectrum, then power, in the same 2 KB. */
typedef union {
    ss_complex32 spectrum[SS_FFT512_POINTS];
    uint64_t power[SS_FFT512_POINTS];
} ss_fft512_buffer;

/*
 * Replace packed samples by |2 X[k]|^2, k = 1 .. 255; power[0] is 0 (DC and Nyquist belong to no filter).
 *
 * On entry spectrum[r] holds sample 2n in re and 2n + 1 in im, where r is the base-4 digit reversal of n.
 * The sum of the magnitudes of all 512 samples must be below 2^30; then no value exceeds 32 bits.
 */
void ss_fft512_power(ss_fft512_buffer *buffer);

#endif

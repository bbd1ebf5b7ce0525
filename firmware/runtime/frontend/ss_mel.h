/*
 * From the power spectrum of a frame to its int8 features.
 */
#ifndef SS_MEL_H
#define SS_MEL_H

#include <stdint.h>

#include "ss_fft512.h"

/* 40 features of one frame from what ss_fft512_power of the same variant left in buffer, which is used up. */
void ss_mel_features(ss_fft512_buffer *buffer, int8_t features[40]);

#endif

/* Scaling and rounding of the output unit. */
#ifndef SKIPSTONE_NPU_SCALE_H
#define SKIPSTONE_NPU_SCALE_H

#include "npu_machine.h"

/* One entry of the scale stream, 10 bytes: 40-bit signed bias, 32-bit scale, 6-bit shift. */
typedef struct {
  int64_t bias;
  uint32_t scale;
  uint32_t shift;
} npu_channel_scale;

enum { NPU_SCALE_ENTRY = 10 };

/* value · scale / 2^shift, rounded. rounding is NPU_ROUND_*:
   TFL       nearest, halves up; for shift > 31 rounded twice as TFLM's MultiplyByQuantizedMultiplier does
   TRUNCATE  towards zero
   NATURAL   nearest, halves up
   The product is exact (128 bits); a result beyond 64 bits saturates. */
int64_t npu_scale(int64_t value, uint32_t scale, uint32_t shift, uint32_t rounding);

/* value / 2^shift, rounded; shift of 0 to 63. */
int64_t npu_shift_right(int64_t value, uint32_t shift, uint32_t rounding);

/* The scale stream of SCALE_BASE for channels output channels; scales has room for them. */
bool npu_read_scales(npu_machine *npu, npu_channel_scale *scales, uint32_t channels);

#endif

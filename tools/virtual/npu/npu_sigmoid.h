/* The built-in SIGMOID and TANH of 16-bit outputs. Their tables are not published; vela brings their input to the
   steps of 1/12288 of TFLM's int16 kernels, special cases included, so this is the arithmetic of those kernels. */
#ifndef SKIPSTONE_NPU_SIGMOID_H
#define SKIPSTONE_NPU_SIGMOID_H

#include <stdint.h>

/* value in steps of 1/12288, of at most 62 bits; the result in steps of 1/32768. */
int32_t npu_sigmoid(int64_t value);
int32_t npu_tanh(int64_t value);

#endif

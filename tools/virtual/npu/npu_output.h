/* The output unit: zero point, activation, storing. */
#ifndef SKIPSTONE_NPU_OUTPUT_H
#define SKIPSTONE_NPU_OUTPUT_H

#include "npu_feature_map.h"

/* The output feature map with what is done to each element on its way out. */
typedef struct {
  npu_map map;
  uint32_t rounding;
  bool global_scale; /* OFM_SCALE rather than one scale a channel */
  uint32_t scale, shift;
  int64_t minimum, maximum;
  uint32_t function;    /* NPU_ACTIVATION_TANH, NPU_ACTIVATION_SIGMOID or 0 */
  const uint8_t *table; /* in SHRAM, or NULL */
  uint32_t table_type;  /* bytes of an entry: 1 or 4; 0 for the 512-entry table of 16-bit values */
  int32_t table_first;  /* value that selects entry 0 */
} npu_output;

/* Read the OFM_* and ACTIVATION registers. */
bool npu_output_open(npu_machine *npu, npu_output *output);

/* Round, add the zero point, clamp, look up. value is the sum before scaling. */
int32_t npu_output_scaled(const npu_output *output, int64_t value, uint32_t scale, uint32_t shift);

/* The same for a value that is not scaled. */
int32_t npu_output_element(const npu_output *output, int64_t value);

#endif

/* Memory of a job that is a list of buffers: what tests and Python run the model on. */
#ifndef SKIPSTONE_NPU_SEGMENTS_H
#define SKIPSTONE_NPU_SEGMENTS_H

#include "npu_model.h"

typedef struct {
  uint64_t base;     /* address of data[0] */
  uint64_t bytes;
  uint8_t *data;
  uint64_t writable; /* 0: a write is refused */
} npu_segment;

/* npu_execute on count segments; an access must lie in one of them. */
npu_result npu_execute_segments(const npu_config *config, const uint64_t region_base[NPU_REGIONS],
                                uint64_t queue_base, uint32_t queue_bytes, const npu_segment *segments,
                                uint32_t count, npu_counts *counts);

#endif

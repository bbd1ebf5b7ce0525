#include "npu_segments.h"

#include <string.h>

typedef struct {
  const npu_segment *segments;
  uint32_t count;
} segment_list;

/* Where an access lands; NULL where no segment holds all of it. */
static uint8_t *find(const segment_list *list, uint64_t address, uint32_t bytes, bool write) {
  for (uint32_t index = 0; index < list->count; index++) {
    const npu_segment *segment = &list->segments[index];
    if (address >= segment->base && address - segment->base <= segment->bytes &&
        bytes <= segment->bytes - (address - segment->base)) {
      return write && !segment->writable ? NULL : segment->data + (address - segment->base);
    }
  }
  return NULL;
}

static bool read_segment(void *context, uint64_t address, void *data, uint32_t bytes) {
  const uint8_t *from = find(context, address, bytes, false);
  if (from) {
    memcpy(data, from, bytes);
  }
  return from != NULL;
}

static bool write_segment(void *context, uint64_t address, const void *data, uint32_t bytes) {
  uint8_t *to = find(context, address, bytes, true);
  if (to) {
    memcpy(to, data, bytes);
  }
  return to != NULL;
}

npu_result npu_execute_segments(const npu_config *config, const uint64_t region_base[NPU_REGIONS],
                                uint64_t queue_base, uint32_t queue_bytes, const npu_segment *segments,
                                uint32_t count, npu_counts *counts) {
  segment_list list = {segments, count};
  const npu_memory memory = {&list, read_segment, write_segment};
  return npu_execute(config, region_base, queue_base, queue_bytes, &memory, counts);
}

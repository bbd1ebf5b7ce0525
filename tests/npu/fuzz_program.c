/* Damaged jobs in one process, for a build with the address and undefined-behaviour sanitizers.

   usage: fuzz_program JOB SEED COUNT
   JOB: macs_per_cycle, queue bytes, constants region, constants bytes, scratch region, scratch bytes (uint32
   each, little endian), then queue and constants. The first run is without damage and must succeed. Prints how often each
   fault came. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "npu_segments.h"

enum { HEADER = 6, SPACING = 1 << 28, FAULTS = 8, MAX_MACS = 1 << 20 };

static uint64_t state;

static uint32_t random_below(uint32_t limit) {
  state ^= state << 13;
  state ^= state >> 7;
  state ^= state << 17;
  return (uint32_t)((state >> 16) % limit);
}

/* Damage of the kinds that matter: bits, whole parameters and payloads, commands moved or cut off. */
static uint32_t damage(uint8_t *bytes, uint32_t size) {
  const uint32_t changes = 1 + random_below(4);
  for (uint32_t change = 0; change < changes; change++) {
    const uint32_t at = random_below(size), word = at & ~3u;
    switch (random_below(6)) {
      case 0:
        bytes[at] ^= (uint8_t)(1u << random_below(8));
        break;
      case 1:
        bytes[at] = (uint8_t)random_below(256);
        break;
      case 2:
        bytes[word + 2] = bytes[word + 3] = 0xFF;
        break;
      case 3:
        memset(bytes + word, random_below(2) ? 0xFF : 0, 4);
        break;
      case 4:
        memcpy(bytes + word, bytes + (random_below(size) & ~3u), 4);
        break;
      default:
        if (random_below(8) == 0) {
          size = word ? word : 4;
        }
        break;
    }
  }
  return size;
}

int main(int argc, char **argv) {
  uint32_t header[HEADER];
  FILE *file = argc == 4 ? fopen(argv[1], "rb") : NULL;
  if (!file || fread(header, sizeof header, 1, file) != 1) {
    return 2;
  }
  const uint32_t queue_bytes = header[1], constants_bytes = header[3], scratch_bytes = header[5];
  uint8_t *queue = malloc(queue_bytes), *constants = malloc(constants_bytes + 1u);
  if (!queue || !constants || fread(queue, 1, queue_bytes, file) != queue_bytes ||
      fread(constants, 1, constants_bytes, file) != constants_bytes) {
    return 2;
  }
  fclose(file);
  const npu_config config = {header[0], MAX_MACS};
  const uint64_t bases[NPU_REGIONS] = {SPACING,     2 * SPACING, 3 * SPACING,
                                       4ull * SPACING, 5ull * SPACING, 6ull * SPACING,
                                       7ull * SPACING, 8ull * SPACING};
  uint32_t faults[FAULTS] = {0};
  state = strtoull(argv[2], NULL, 10) * 2654435761u + 88172645463325252ull;
  const uint32_t count = (uint32_t)strtoul(argv[3], NULL, 10);
  for (uint32_t run = 0; run < count; run++) {
    /* exact allocations: the sanitizer sees the first byte beyond */
    uint8_t *damaged = malloc(queue_bytes), *data = malloc(constants_bytes + 1u);
    uint8_t *scratch = calloc(1, scratch_bytes + 1u);
    if (!damaged || !data || !scratch) {
      return 2;
    }
    memcpy(damaged, queue, queue_bytes);
    memcpy(data, constants, constants_bytes);
    uint32_t size = queue_bytes;
    if (run == 0) {
      /* whole: it must run */
    } else if (constants_bytes >= 4 && random_below(3) == 0) {
      damage(data, constants_bytes & ~3u);
    } else {
      size = damage(damaged, queue_bytes);
    }
    const npu_segment segments[] = {{9ull * SPACING, size, damaged, 0},
                                    {(header[2] + 1ull) * SPACING, constants_bytes, data, 0},
                                    {(header[4] + 1ull) * SPACING, scratch_bytes, scratch, 1}};
    npu_counts counts;
    const npu_result result =
        npu_execute_segments(&config, bases, 9ull * SPACING, size, segments, 3, &counts);
    if ((uint32_t)result.fault >= FAULTS || (result.fault != NPU_OK) != (result.text[0] != 0) ||
        result.offset > queue_bytes) {
      return 3;
    }
    if (run == 0 && result.fault != NPU_OK) {
      fprintf(stderr, "the undamaged job faults: %s\n", result.text);
      return 4;
    }
    faults[result.fault]++;
    free(damaged);
    free(data);
    free(scratch);
  }
  for (uint32_t fault = 0; fault < FAULTS; fault++) {
    printf("%s %u\n", npu_fault_name((npu_fault)fault), faults[fault]);
  }
  free(queue);
  free(constants);
  return 0;
}

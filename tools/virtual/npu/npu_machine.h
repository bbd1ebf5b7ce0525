/* State of one job while it runs; what the files of the model share. */
#ifndef SKIPSTONE_NPU_MACHINE_H
#define SKIPSTONE_NPU_MACHINE_H

#include <stddef.h>

#include "npu_commands.h"
#include "npu_model.h"
#include "npu_order.h"

enum {
  NPU_SHRAM_MAX = 48 * 1024, /* bytes, ethos-u55-256 */
  NPU_LUT_BYTES = 2048,      /* the last bytes of SHRAM hold the look-up tables */
  NPU_MAP_MAX = 1 << 24      /* elements of one feature map that the model takes */
};

/* What macs_per_cycle decides. The depth of an output micro-block orders the weight stream. */
typedef struct {
  uint32_t macs_per_cycle;
  uint32_t block_width, block_height, block_depth; /* output micro-block */
  uint32_t shram_bytes;
} npu_accelerator;

typedef struct {
  const npu_config *config;
  const npu_accelerator *accelerator;
  const npu_memory *memory;
  const uint64_t *region_base;
  uint16_t set[NPU_CODES];             /* one-word registers */
  uint16_t upper[NPU_PAYLOAD_CODES];   /* parameter of two-word registers */
  uint32_t payload[NPU_PAYLOAD_CODES]; /* payload of two-word registers */
  uint8_t shram[NPU_SHRAM_MAX];
  npu_result result;
  npu_counts counts;
  npu_order order;
} npu_machine;

/* Record the fault of the current command; always false, so that callers can return it. */
bool npu_fail(npu_machine *npu, npu_fault fault, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Memory of a region; address is absolute. False and NPU_FAULT_BUS where memory refuses it. */
bool npu_read(npu_machine *npu, uint32_t region, uint64_t address, void *data, uint32_t bytes);
bool npu_write(npu_machine *npu, uint32_t region, uint64_t address, const void *data, uint32_t bytes);

/* Host memory for elements of size bytes, zeroed; NULL and NPU_FAULT_LIMIT where there is none. */
void *npu_allocate(npu_machine *npu, uint64_t elements, size_t size);

/* The weight or the scale stream of an operation. */
typedef struct {
  uint32_t region;
  uint64_t address; /* absolute, a multiple of 16 */
  uint32_t bytes;   /* a multiple of 16, not 0 */
} npu_stream;

/* Read the registers of a stream; false where it is misplaced or too large. name is for the message. */
bool npu_stream_open(npu_machine *npu, npu_stream *stream, const char *name, uint32_t region_code,
                     uint32_t base_code, uint32_t length_code);

/* An absolute address: a region's base plus the 48-bit offset of a two-word register. */
uint64_t npu_address(const npu_machine *npu, uint32_t region, uint32_t code);

/* False and NPU_FAULT_LIMIT where work is more than config->max_macs allows. */
bool npu_within_limit(npu_machine *npu, uint64_t work);

/* One register as a signed number of 16 bits. */
static inline int32_t npu_signed(const npu_machine *npu, uint32_t code) {
  return (int16_t)npu->set[code];
}

/* One register that holds a size less one. */
static inline uint32_t npu_plus1(const npu_machine *npu, uint32_t code) {
  return (uint32_t)npu->set[code] + 1u;
}

/* The operations; each reads the registers, does all its memory accesses, and returns false on a fault. */
bool npu_convolution(npu_machine *npu, bool depthwise);
bool npu_pooling(npu_machine *npu, uint32_t mode);
bool npu_elementwise(npu_machine *npu, uint32_t mode);
bool npu_dma(npu_machine *npu, uint32_t channel_mode);

#endif

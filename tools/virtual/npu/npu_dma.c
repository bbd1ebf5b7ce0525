/* DMA_START: one transfer between memory and memory, or from memory to SHRAM. */
#include <stdlib.h>
#include <string.h>

#include "npu_machine.h"

enum { INTERNAL = 0x100, REGION_MASK = 0xFF, CHUNK = 1 << 16 };

typedef struct {
  uint32_t region;
  bool internal;
  uint64_t address;
} side;

static bool open_side(npu_machine *npu, side *end, uint32_t region_code, uint32_t address_code, uint64_t length) {
  const uint32_t value = npu->set[region_code];
  end->region = value & REGION_MASK;
  end->internal = value & INTERNAL;
  if (value & ~(uint32_t)(INTERNAL | REGION_MASK)) {
    return npu_fail(npu, NPU_FAULT_COMMAND, "ethos-u55 has no DMA with strides");
  }
  if (!end->internal && end->region >= NPU_REGIONS) {
    return npu_fail(npu, NPU_FAULT_COMMAND, "DMA region %u does not exist", end->region);
  }
  end->address = end->internal ? npu->payload[address_code] : npu_address(npu, end->region, address_code);
  if (end->address % 16) {
    return npu_fail(npu, NPU_FAULT_COMMAND, "a DMA address is not aligned to 16 bytes");
  }
  const uint64_t shram = npu->accelerator->shram_bytes;
  if (end->internal && (end->address > shram || length > shram - end->address)) {
    return npu_fail(npu, NPU_FAULT_COMMAND, "a DMA of %llu bytes at 0x%llx leaves the SHRAM",
                    (unsigned long long)length, (unsigned long long)end->address);
  }
  return true;
}

static bool read_side(npu_machine *npu, const side *from, uint64_t done, uint8_t *data, uint32_t bytes) {
  if (from->internal) {
    memcpy(data, npu->shram + from->address + done, bytes);
    return true;
  }
  return npu_read(npu, from->region, from->address + done, data, bytes);
}

static bool write_side(npu_machine *npu, const side *to, uint64_t done, const uint8_t *data, uint32_t bytes) {
  if (to->internal) {
    memcpy(npu->shram + to->address + done, data, bytes);
    return true;
  }
  return npu_write(npu, to->region, to->address + done, data, bytes);
}

static void note_side(npu_machine *npu, const side *end, uint64_t length, bool write) {
  npu_order_operand(&npu->order);
  npu_order_note(&npu->order, end->internal ? NPU_ORDER_SHRAM : end->region, end->address, length, write);
}

bool npu_dma(npu_machine *npu, uint32_t channel_mode) {
  const uint64_t length = (uint64_t)npu->upper[NPU_SET_DMA0_LEN] << 32 | npu->payload[NPU_SET_DMA0_LEN];
  side from, to;
  if (channel_mode) {
    return npu_fail(npu, NPU_FAULT_COMMAND, "DMA channel or mode 0x%x does not exist", channel_mode);
  }
  if (length % 16) {
    return npu_fail(npu, NPU_FAULT_COMMAND, "a DMA length of %llu is not a multiple of 16",
                    (unsigned long long)length);
  }
  if (length > UINT32_MAX) {
    return npu_fail(npu, NPU_FAULT_LIMIT, "a DMA of %llu bytes is beyond the model's limit",
                    (unsigned long long)length);
  }
  if (!open_side(npu, &from, NPU_SET_DMA0_SRC_REGION, NPU_SET_DMA0_SRC, length) ||
      !open_side(npu, &to, NPU_SET_DMA0_DST_REGION, NPU_SET_DMA0_DST, length)) {
    return false;
  }
  uint8_t *data = npu_allocate(npu, CHUNK, 1);
  bool good = data != NULL;
  for (uint64_t done = 0; good && done < length;) {
    const uint32_t bytes = length - done < CHUNK ? (uint32_t)(length - done) : CHUNK;
    good = read_side(npu, &from, done, data, bytes) && write_side(npu, &to, done, data, bytes);
    done += bytes;
  }
  free(data);
  note_side(npu, &from, length, false);
  note_side(npu, &to, length, true);
  npu->counts.dma_transfers += good;
  return good;
}

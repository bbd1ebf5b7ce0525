/* Access to memory on behalf of the operations, and the record of the first fault. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "npu_machine.h"

bool npu_fail(npu_machine *npu, npu_fault fault, const char *format, ...) {
  if (npu->result.fault == NPU_OK) {
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(npu->result.text, sizeof npu->result.text, format, arguments);
    va_end(arguments);
    npu->result.fault = fault;
  }
  return false;
}

static bool refused(npu_machine *npu, uint32_t region, uint64_t address, uint32_t bytes, bool write) {
  npu->result.address = address;
  npu->result.region = region;
  npu->result.write = write;
  return npu_fail(npu, NPU_FAULT_BUS, "%s of %u bytes at 0x%llx (%s %u) is out of range",
                  write ? "a write" : "a read", bytes, (unsigned long long)address,
                  region == NPU_REGIONS ? "command queue, region" : "region", region);
}

bool npu_read(npu_machine *npu, uint32_t region, uint64_t address, void *data, uint32_t bytes) {
  if (address + bytes < address || !npu->memory->read(npu->memory->context, address, data, bytes)) {
    return refused(npu, region, address, bytes, false);
  }
  npu->counts.bytes_read[region] += bytes;
  npu_order_note(&npu->order, region, address, bytes, false);
  return true;
}

bool npu_write(npu_machine *npu, uint32_t region, uint64_t address, const void *data, uint32_t bytes) {
  if (address + bytes < address || !npu->memory->write(npu->memory->context, address, data, bytes)) {
    return refused(npu, region, address, bytes, true);
  }
  npu->counts.bytes_written[region] += bytes;
  npu_order_note(&npu->order, region, address, bytes, true);
  return true;
}

void *npu_allocate(npu_machine *npu, uint64_t elements, size_t size) {
  void *memory = elements > (uint64_t)NPU_MAP_MAX * 32 ? NULL : calloc((size_t)elements + 1, size);
  if (!memory) {
    npu_fail(npu, NPU_FAULT_LIMIT, "no host memory for %llu elements", (unsigned long long)elements);
  }
  return memory;
}

bool npu_stream_open(npu_machine *npu, npu_stream *stream, const char *name, uint32_t region_code,
                     uint32_t base_code, uint32_t length_code) {
  stream->region = npu->set[region_code];
  stream->bytes = npu->payload[length_code];
  if (stream->region >= NPU_REGIONS) {
    return npu_fail(npu, NPU_FAULT_COMMAND, "%s region %u does not exist", name, stream->region);
  }
  stream->address = npu_address(npu, stream->region, base_code);
  if (stream->address % 16 || stream->bytes % 16 || !stream->bytes) {
    return npu_fail(npu, NPU_FAULT_COMMAND, "the %s stream is empty or not aligned to 16 bytes", name);
  }
  if (stream->bytes > NPU_MAP_MAX) {
    return npu_fail(npu, NPU_FAULT_LIMIT, "a %s stream of %u bytes is beyond the model's limit", name,
                    stream->bytes);
  }
  npu_order_operand(&npu->order);
  return true;
}

uint64_t npu_address(const npu_machine *npu, uint32_t region, uint32_t code) {
  const uint64_t base = region < NPU_REGIONS ? npu->region_base[region] : 0;
  return base + ((uint64_t)npu->upper[code] << 32 | npu->payload[code]);
}

bool npu_within_limit(npu_machine *npu, uint64_t work) {
  if (npu->config->max_macs && work > npu->config->max_macs) {
    return npu_fail(npu, NPU_FAULT_LIMIT, "an operation of %llu multiply-accumulates is beyond the limit",
                    (unsigned long long)work);
  }
  return true;
}

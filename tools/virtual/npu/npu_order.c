#include "npu_order.h"

#include <string.h>

void npu_order_begin(npu_order *order) {
  order->current.count = 0;
}

void npu_order_operand(npu_order *order) {
  npu_accesses *current = &order->current;
  if (current->count < NPU_RANGES_MAX) {
    current->ranges[current->count++] = (npu_range){.first = UINT64_MAX};
  }
}

void npu_order_note(npu_order *order, uint32_t space, uint64_t address, uint64_t bytes, bool write) {
  npu_accesses *current = &order->current;
  if (!current->count) {
    return; /* the command queue, and the pieces of a DMA */
  }
  npu_range *range = &current->ranges[current->count - 1];
  range->shram = space == NPU_ORDER_SHRAM;
  range->write = write;
  range->first = address < range->first ? address : range->first;
  range->last = address + bytes > range->last ? address + bytes : range->last;
}

static bool conflict(const npu_accesses *a, const npu_accesses *b) {
  for (uint32_t x = 0; x < a->count; x++) {
    for (uint32_t y = 0; y < b->count; y++) {
      const npu_range *one = &a->ranges[x], *other = &b->ranges[y];
      if ((one->write || other->write) && one->shram == other->shram && one->first < other->last &&
          other->first < one->last) {
        return true;
      }
    }
  }
  return false;
}

bool npu_order_issue(npu_order *order, bool dma) {
  bool unordered = false;
  for (uint32_t index = 0; index < order->count[!dma]; index++) {
    unordered = unordered || conflict(&order->current, &order->outstanding[!dma][index]);
  }
  npu_order_wait(order, dma, dma ? 0 : NPU_OUTSTANDING_MAX - 1); /* the oldest ends before this one begins */
  order->outstanding[dma][order->count[dma]++] = order->current;
  return unordered;
}

void npu_order_wait(npu_order *order, bool dma, uint32_t left) {
  const uint32_t count = order->count[dma];
  if (left < count) {
    memmove(order->outstanding[dma], order->outstanding[dma] + (count - left), left * sizeof(npu_accesses));
    order->count[dma] = left;
  }
}

/* Whether waits order what must be ordered: DMA transfers and operations run side by side on silicon. */
#ifndef SKIPSTONE_NPU_ORDER_H
#define SKIPSTONE_NPU_ORDER_H

#include <stdbool.h>
#include <stdint.h>

enum {
  NPU_ORDER_SHRAM = 9,     /* a space of its own; the others are regions and share their addresses */
  NPU_OUTSTANDING_MAX = 2, /* operations; of DMA transfers ethos-u55 runs one */
  NPU_RANGES_MAX = 6       /* of one command: two inputs, output, weights, scales, table */
};

/* First and last + 1 address of one operand; empty where first >= last. */
typedef struct {
  bool shram, write;
  uint64_t first, last;
} npu_range;

typedef struct {
  npu_range ranges[NPU_RANGES_MAX];
  uint32_t count;
} npu_accesses;

/* Commands that may still run, oldest first. */
typedef struct {
  npu_accesses current;
  npu_accesses outstanding[2][NPU_OUTSTANDING_MAX]; /* [0] operations, [1] DMA transfers */
  uint32_t count[2];
} npu_order;

/* Begin a command. */
void npu_order_begin(npu_order *order);

/* What follows is another operand of it. */
void npu_order_operand(npu_order *order);

/* It touches bytes bytes at an absolute address of a region, or an offset in NPU_ORDER_SHRAM. */
void npu_order_note(npu_order *order, uint32_t space, uint64_t address, uint64_t bytes, bool write);

/* It is issued; true when a command of the other kind that may still run touches the same memory and one of
   them writes it. */
bool npu_order_issue(npu_order *order, bool dma);

/* KERNEL_WAIT or DMA_WAIT: at most left commands of a kind still run. */
void npu_order_wait(npu_order *order, bool dma, uint32_t left);

#endif

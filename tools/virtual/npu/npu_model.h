/* Functional model of the Arm Ethos-U55: it executes a register command stream as the NPU would and
   leaves the results in memory. It is a model, not silicon: results and counts, no bus timing.
   What each command and field means is described in docs/reference/npu.md. */
#ifndef SKIPSTONE_NPU_MODEL_H
#define SKIPSTONE_NPU_MODEL_H

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum { NPU_REGIONS = 8 };

/* The accelerator. macs_per_cycle: 32, 64, 128 or 256 (ethos-u55-32 … -256); everything else
   (micro-blocks, SHRAM of 16, 16, 24 or 48 KiB) follows from it.
   max_macs: the largest number of multiply-accumulates (or pooled elements) that one operation may ask
   for before it ends in NPU_FAULT_LIMIT; 0 = no limit. It keeps a corrupted stream from running for hours. */
typedef struct {
  uint32_t macs_per_cycle;
  uint64_t max_macs;
} npu_config;

/* Access to the system's memory. Both return false where any byte of [address, address + bytes) may not be
   accessed; nothing is then transferred and the job ends in NPU_FAULT_BUS. bytes is at least 1. */
typedef struct {
  void *context;
  bool (*read)(void *context, uint64_t address, void *data, uint32_t bytes);
  bool (*write)(void *context, uint64_t address, const void *data, uint32_t bytes);
} npu_memory;

typedef enum {
  NPU_OK = 0,
  NPU_FAULT_CONFIG,     /* npu_config names no Ethos-U55 */
  NPU_FAULT_COMMAND,    /* unknown or ill-formed command or register value: STATUS.cmd_parse_error */
  NPU_FAULT_END,        /* the queue ends without NPU_OP_STOP: STATUS.cmd_end_reached */
  NPU_FAULT_BUS,        /* memory refused an access: STATUS.bus_status */
  NPU_FAULT_WEIGHTS,    /* ill-formed or too short weight stream */
  NPU_FAULT_UNMODELLED, /* a legal command that this model does not execute */
  NPU_FAULT_LIMIT       /* a feature map or an operation beyond the model's limits, or no host memory */
} npu_fault;

typedef struct {
  npu_fault fault;
  uint32_t offset;       /* byte offset in the queue of the command that faulted, or of NPU_OP_STOP */
  uint64_t address;      /* NPU_FAULT_BUS: first address of the refused access */
  bool write;            /* NPU_FAULT_BUS: it was a write */
  uint32_t region;       /* NPU_FAULT_BUS: region 0..7, or NPU_REGIONS for the command queue */
  uint16_t irq_mask;     /* OR of the masks of NPU_OP_STOP and NPU_OP_IRQ: STATUS.irq_history_mask */
  char text[160];        /* what is wrong, one line, no newline; empty when fault is NPU_OK */
} npu_result;

/* What one job did; exact counts of this model. npu_execute sets all of them, also when a job faults. */
typedef struct {
  uint64_t commands;                    /* commands of the stream, register settings included */
  uint64_t operations;                  /* CONV, DEPTHWISE, POOL and ELEMENTWISE commands */
  uint64_t blocks;                      /* output blocks of these operations (OFM_BLK_*) */
  uint64_t dma_transfers;               /* DMA_START commands */
  uint64_t macs;                        /* multiply-accumulates of CONV and DEPTHWISE, padding included */
  uint64_t mac_cycles;                  /* modelled: cycles the MAC array is busy, no memory stalls */
  uint64_t output_cycles;               /* modelled: cycles of the output unit, no memory stalls */
  uint64_t bytes_read[NPU_REGIONS + 1]; /* per region; the last is the command queue */
  uint64_t bytes_written[NPU_REGIONS + 1];
  uint64_t unordered; /* commands that touch what a DMA or an operation before them still may, no wait between: on
                         silicon their results depend on timing. By the span of the addresses of each region. */
} npu_counts;

/* Execute the command stream of queue_bytes bytes (a multiple of 4) at queue_base until NPU_OP_STOP.
   region_base[i] is what BASEP(2i), BASEP(2i+1) hold. Registers and SHRAM start at zero for every job, so a
   stream must set what it uses. counts may be NULL. Thread-safe; uses host heap, frees all of it. */
npu_result npu_execute(const npu_config *config, const uint64_t region_base[NPU_REGIONS], uint64_t queue_base,
                       uint32_t queue_bytes, const npu_memory *memory, npu_counts *counts);

/* The name of a fault ("bus", "command", …), never NULL. */
const char *npu_fault_name(npu_fault fault);

#ifdef __cplusplus
}
#endif

#endif

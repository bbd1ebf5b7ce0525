/*
 * The registers of an Ethos-U55 as a processor sees them, in front of the functional model (npu_model.h). Pure: no emulator, no clock. A job
 * runs to its end inside the write that starts it.
 *
 * Source of offsets, bits and reset values: the register description in the Vela compiler (ethos_u55_regs). What is not described there
 * and decided here: STATUS after a stream that ends without NPU_OP_STOP (cmd_end_reached, no interrupt history), the cycle counter (see
 * npu_registers_cycles), event counters (they read 0), and that registers other than CMD and RESET ignore writes after a fault until the reset.
 */
#ifndef SKIPSTONE_NPU_REGISTERS_H
#define SKIPSTONE_NPU_REGISTERS_H

#include <stdbool.h>
#include <stdint.h>

#include "npu_model.h"

enum { NPU_REGISTER_BYTES = 0x1000 };

/* What a test makes the device do wrong, once, at the next job. */
typedef enum {
    NPU_INJECT_NOTHING,
    NPU_INJECT_MISSING_INTERRUPT, /* the job runs, its interrupt is not signalled */
    NPU_INJECT_HANG,              /* the job does not run; STATUS stays running until the reset */
    NPU_INJECT_BUS,               /* the first read of the job fails */
    NPU_INJECT_ECC,               /* the job ends in an uncorrectable memory error */
    NPU_INJECT_RESET,             /* as HANG, and the next reset does not end */
} npu_injection;

/* What surrounds the device. `context` is passed to the functions. */
typedef struct {
    npu_config config;
    npu_memory memory;
    void *context;
    void (*set_interrupt)(void *context, bool is_raised); /* level of the interrupt line */
    npu_injection (*next_injection)(void *context);       /* asked at every start of a job */
    void (*job_ended)(void *context);                     /* after every job that ran, or failed to */
} npu_environment;

/* Sums since power-on; a reset by the guest does not clear them. */
typedef struct {
    uint64_t jobs;   /* started */
    uint64_t faults; /* of them ended in a fault, or never */
    uint64_t cycles; /* modelled, see npu_registers_cycles */
    uint64_t operations;
    uint64_t macs;
    uint64_t bytes_read;
    uint64_t bytes_written;
} npu_totals;

typedef struct {
    npu_environment environment;
    npu_totals totals;
    npu_result last; /* of the last job */
    uint32_t status;
    uint32_t command; /* clock and power bits of CMD */
    uint32_t queue_base[2];
    uint32_t queue_read;
    uint32_t queue_config;
    uint32_t queue_size;
    uint32_t protection;
    uint32_t lock;
    uint32_t region_config;
    uint32_t axi_limit[4];
    uint32_t base[2 * NPU_REGIONS];
    uint32_t counter_control; /* PMCR.cnt_en and mask_en */
    uint32_t counters_enabled;
    uint64_t cycles; /* PMCCNTR, 48 bits */
    bool is_reset_stuck;
} npu_registers;

/* Power on. */
void npu_registers_init(npu_registers *registers, const npu_environment *environment);

/* `offset` < NPU_REGISTER_BYTES; one that is no register reads 0, its writes are ignored. */
uint32_t npu_registers_read(const npu_registers *registers, uint32_t offset);
void npu_registers_write(npu_registers *registers, uint32_t offset, uint32_t value);

/*
 * Modelled cycles of a job: the longest of the MAC array's, the output unit's and the bus's, two ports of 8 bytes a cycle. A lower bound: no
 * memory latency, no stalls between operations.
 */
uint64_t npu_registers_cycles(const npu_counts *counts);

#endif

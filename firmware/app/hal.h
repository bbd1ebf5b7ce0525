/*
 * hal.h: what the serial application needs of a board. The drivers in firmware/boards/drivers implement it, one driver a file, chosen by
 * board.toml; a host build implements it over standard input and output.
 */
#ifndef SS_HAL_H
#define SS_HAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* ---------------------------------------------------------------- Clock */

/* Bring the core to its clock. Waits are bounded: without the expected hardware the clock stays as it was. */
void ss_clock_init(void);

/* Clock of the serial port's divider, Hz; valid after ss_clock_init. */
uint32_t ss_clock_uart_hz(void);

/* ---------------------------------------------------------------- Serial port */

/* Open the port, 8N1; received bytes go to a ring of 8 KiB by interrupt. */
void ss_uart_init(void);

/* Sleep until a byte is there, then copy up to `capacity` (≥ 1) bytes. Returns their number, ≥ 1; 0 means the input has ended (host). */
size_t ss_uart_read(uint8_t *bytes, size_t capacity);

/* Send; returns when the last byte is in the transmitter. */
void ss_uart_write(const uint8_t *bytes, size_t count);

/* Bytes lost by the receiver since start. */
uint32_t ss_uart_overruns(void);

/* ---------------------------------------------------------------- Counters */

typedef struct ss_counters {
    uint64_t instructions; /* 0 where nothing counts them */
    uint64_t cycles;
} ss_counters;

/* Start counting; returns what counts, an ssp_counter_kind. */
uint8_t ss_counters_init(void);

/* Counts since an arbitrary start. Only differences mean something; two readings may be at most 2^32 − 1 cycles apart. */
void ss_counters_read(ss_counters *counters);

/* ---------------------------------------------------------------- Memory */

typedef struct ss_memory_map {
    const uint8_t *stack; /* lowest address */
    uint32_t stack_bytes;
    uint32_t static_bytes; /* initialised and zeroed data, arena and state included */
    uint32_t image_bytes;  /* vectors, code, constants, initial values */
} ss_memory_map;

enum { SS_STACK_PAINT = 0xA5 }; /* what start-up fills the stack with */

ss_memory_map ss_memory_layout(void);

/* ---------------------------------------------------------------- Faults */

/* The last processor fault and what was under way. Survives the restart that follows a fault. */
typedef struct ss_fault_record {
    uint32_t magic;       /* SS_FAULT_MAGIC once the record is valid */
    uint32_t count;       /* faults since power-on */
    uint32_t at_start;    /* faults in a row that happened before the first request was taken */
    uint32_t kind;        /* ssp_fault_kind */
    uint32_t exception;   /* IPSR */
    uint32_t pc;          /* 0: unknown */
    uint32_t lr;          /* 0: unknown */
    uint32_t cfsr;
    uint32_t hfsr;
    uint32_t address;       /* faulting address where known, else 0 */
    uint32_t unreported;    /* 1 from the fault until the application has answered `request` */
    uint32_t busy;          /* 1 while a request is being executed */
    uint32_t request;       /* its type */
    uint32_t request_sequence;
} ss_fault_record;

enum {
    SS_FAULT_MAGIC = 0x53464C54,
    SS_FAULT_LIMIT = 4, /* faults at start, in a row, after which the application no longer starts the model */
};

/* The record; zeros after power-on. */
ss_fault_record *ss_fault_state(void);

/* Execute an undefined instruction. */
void ss_fault_provoke(void);

#endif

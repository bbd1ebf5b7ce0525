/*
 * ss_npu.h: driver of an Arm Ethos-U55 or U65 for one job at a time. No operating system, no heap, no libc.
 *
 *     static ss_npu npu;
 *     ss_npu_init(&npu, &(ss_npu_config){.base = 0x48102000, .macs = 128, .timeout_ms = 100, ...});
 *     ss_npu_run(&npu, &job, regions, 3);           starts one command stream and waits until it has ended
 *
 * A job is a command stream as the Vela compiler writes it (`--output-format raw`: cmd_data), in memory that the NPU can read. Addresses
 * in it are relative to regions; the caller says where each region lies when it starts the job, so one stream serves any arena. Regions lie in
 * memory that the NPU's bus reaches: arena, states and constants of a model do, the features and logits of a step need not.
 *
 * Errors are sticky: after a job has failed, every further job is refused (SS_NPU_ERROR_REFUSED) until ss_npu_reset, and
 * ss_npu_last_fault says what happened. So generated code may ignore the result of ss_npu_run and the caller of a step checks once.
 *
 * The firmware of a board with an [npu] section in its board.toml has one device, `ss_npu_device`, which generated code uses.
 *
 * Source of registers and bits: the register description in the Vela compiler (ethos_u55_regs) and Arm's Ethos-U55 TRM (102420).
 */
#ifndef SS_NPU_H
#define SS_NPU_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum {
    SS_NPU_REGIONS = 8,             /* region numbers of a command stream are 0 … 7 */
    SS_NPU_COMMAND_ALIGNMENT = 16,  /* bytes; of a command stream */
};

typedef enum ss_npu_error {
    SS_NPU_OK = 0,
    SS_NPU_ERROR_ARGUMENT = 1,   /* null pointer, stream not aligned, empty or not whole words, more regions than there are */
    SS_NPU_ERROR_ABSENT = 2,     /* no Ethos-U at the base address, or one with other MACs a cycle than the streams were compiled for */
    SS_NPU_ERROR_RESET = 3,      /* the reset did not end, or the security or privilege level asked for was not granted */
    SS_NPU_ERROR_TIMEOUT = 4,    /* still running after timeout_ms */
    SS_NPU_ERROR_INTERRUPT = 5,  /* the job ended but its interrupt did not arrive within timeout_ms */
    SS_NPU_ERROR_BUS = 6,        /* an AXI access failed: an address outside of memory */
    SS_NPU_ERROR_COMMAND = 7,    /* the stream holds a command that the NPU cannot parse */
    SS_NPU_ERROR_WEIGHTS = 8,    /* the weight stream cannot be decoded */
    SS_NPU_ERROR_ECC = 9,        /* uncorrectable memory error inside the NPU */
    SS_NPU_ERROR_INCOMPLETE = 10, /* stopped before the end of the stream */
    SS_NPU_ERROR_REFUSED = 11,   /* not started: the driver is not initialised, or an earlier job failed and nobody reset it */
} ss_npu_error;

/* Where and how a driver finds its NPU. Zeros are good defaults but for base, macs and timeout_ms. */
typedef struct ss_npu_config {
    uintptr_t base;          /* of the register block */
    uint16_t macs;           /* MACs a cycle the streams are compiled for: 32, 64, 128, 256 (U55), 256, 512 (U65) */
    bool is_user;            /* run unprivileged instead of privileged */
    bool is_non_secure;      /* run in the Non-secure state instead of the Secure one */
    bool is_polled;          /* STATUS is read until the job has ended; no interrupt is waited for */
    uint16_t timeout_ms;     /* a job that takes longer is given up; 1 … 10,000 */
    uint8_t queue_memory;    /* QCONFIG: AXI port and outstanding counter of the command stream, 0 … 3 */
    uint16_t region_memory;  /* REGIONCFG: the same for each region, two bits each, region 0 lowest */
} ss_npu_config;

/* One command stream. */
typedef struct ss_npu_job {
    const void *commands;    /* aligned to SS_NPU_COMMAND_ALIGNMENT */
    uint32_t command_bytes;  /* a multiple of 4 */
} ss_npu_job;

/* Memory of one region of a job. */
typedef struct ss_npu_region {
    uintptr_t address;  /* aligned to 16 */
    uint32_t bytes;     /* for the cache hooks; 0: constants, which need no maintenance */
} ss_npu_region;

/* What is known of the job that failed last. Registers as they were before the reset. */
typedef struct ss_npu_fault {
    ss_npu_error error;      /* SS_NPU_OK: no job has failed since ss_npu_init or ss_npu_reset */
    uint32_t job;            /* number of the job since ss_npu_init, from 1 */
    uint32_t status;         /* STATUS */
    uint32_t queue_offset;   /* QREAD: bytes of the stream that the NPU had read */
    uint8_t interface;       /* of a bus or ECC error: AXI port 0 or 1 */
    uint8_t channel;         /* of a bus or ECC error: 0 command, 1 IFM, 2 weights, 3 scale and bias, 4 mem to mem, 8 OFM, 9 mem to mem (write) */
} ss_npu_fault;

/* The driver's memory for one NPU. Its members are the driver's. */
typedef struct ss_npu {
    ss_npu_config config;
    bool is_ready;
    bool is_powered;                /* set up, and power may not be switched off */
    volatile bool is_done;          /* set by the interrupt handler */
    volatile uint32_t done_status;  /* STATUS as the interrupt handler read it */
    uint32_t jobs;
    uint64_t cycles;
    ss_npu_fault fault;
} ss_npu;

/*
 * Find and reset the NPU and start its cycle counter. Nothing outside the NPU is touched: the caller enables its interrupt.
 * Returns SS_NPU_OK, SS_NPU_ERROR_ARGUMENT, SS_NPU_ERROR_ABSENT or SS_NPU_ERROR_RESET; jobs are refused unless it was SS_NPU_OK.
 */
ss_npu_error ss_npu_init(ss_npu *npu, const ss_npu_config *config);

/* Forget a fault and bring the NPU into the state after ss_npu_init; the counts of jobs and cycles go on. Returns as ss_npu_init. */
ss_npu_error ss_npu_reset(ss_npu *npu);

/*
 * Run one job: regions[0 … region_count − 1] are regions 0 … region_count − 1 of its stream. Cleans the caches, starts the stream, sleeps
 * until the NPU's interrupt (or polls), invalidates the caches. A job that fails leaves the NPU reset; what it has written until then stays.
 */
ss_npu_error ss_npu_run(ss_npu *npu, const ss_npu_job *job, const ss_npu_region *regions, uint32_t region_count);

/* Allow clock and power to be switched off until ss_npu_acquire or the next job, which then has to set the NPU up again. */
void ss_npu_release(ss_npu *npu);

/* Keep clock and power on; sets the NPU up if it was released. SS_NPU_OK, SS_NPU_ERROR_REFUSED, or SS_NPU_ERROR_RESET (sticky). */
ss_npu_error ss_npu_acquire(ss_npu *npu);

/* To be called by the NPU's interrupt handler. */
void ss_npu_interrupt(ss_npu *npu);

/* What happened to the job that failed last; error is SS_NPU_OK where none did. */
static inline const ss_npu_fault *ss_npu_last_fault(const ss_npu *npu) { return &npu->fault; }

/* Jobs started since ss_npu_init. */
static inline uint32_t ss_npu_jobs(const ss_npu *npu) { return npu->jobs; }

/* Cycles of the NPU's counter from the start of each job to its end, summed. Modelled on virtual boards, measured on hardware. */
static inline uint64_t ss_npu_cycles(const ss_npu *npu) { return npu->cycles; }

/* The NPU of the board, where board.toml has an [npu] section and the firmware was built with it. */
extern ss_npu ss_npu_device;

/* Initialise it as board.toml says and enable its interrupt. Returns as ss_npu_init. */
ss_npu_error ss_npu_device_init(void);

/* Hooks: weak functions that a project may replace. */

/* Write cached data of a range back to memory before the NPU reads it. Default: the core's data cache by address, if it is on. */
void ss_npu_cache_clean(uintptr_t address, uint32_t bytes);

/* Forget cached data of a range after the NPU wrote it. Default as above (clean and invalidate). */
void ss_npu_cache_invalidate(uintptr_t address, uint32_t bytes);

/* Start measuring time; whether that many milliseconds have passed; end it. Default: SysTick, whose exception the board's vectors lead to
 * ss_npu_tick_handler. */
void ss_npu_timer_start(uint32_t milliseconds);
bool ss_npu_timer_is_over(void);
void ss_npu_timer_stop(void);

/* Sleep until any interrupt; may return early. Default: WFE. */
void ss_npu_sleep(void);

#ifdef __cplusplus
}
#endif

#endif

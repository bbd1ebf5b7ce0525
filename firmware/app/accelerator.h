/*
 * The NPU that the model's jobs run on. SS_NPU is set by the build when the model comes with jobs; without it there is none and the
 * functions do nothing.
 */
#ifndef SS_ACCELERATOR_H
#define SS_ACCELERATOR_H

#include <stdbool.h>
#include <stdint.h>

#if defined(SS_NPU)
/* Memory that the NPU's bus reaches; see the linker script. */
#define SS_MODEL_MEMORY __attribute__((section(".model_memory")))
#else
#define SS_MODEL_MEMORY
#endif

/* What the NPU has done since start. */
typedef struct ss_accelerator_counts {
    uint32_t jobs;
    uint64_t cycles;
} ss_accelerator_counts;

/* The last job that failed, as NPU_INFO reports it. */
typedef struct ss_accelerator_fault {
    uint32_t error; /* ssp_npu_error */
    uint32_t job;
    uint32_t status;
    uint32_t queue_offset;
    uint8_t interface;
    uint8_t channel;
} ss_accelerator_fault;

/* The firmware was built with an NPU. */
bool ss_accelerator_is_there(void);

/* Multiply-accumulates a cycle; 0 without an NPU. */
uint16_t ss_accelerator_macs(void);

/* Find and start the NPU; call once. */
void ss_accelerator_init(void);

/* Forget a fault, start the NPU again after one. */
void ss_accelerator_reset(void);

/* Keep clock and power on during a batch of steps, so that no step pays for switching them on; and let go of them. */
void ss_accelerator_acquire(void);
void ss_accelerator_release(void);

/* ssp_npu_error of the job that has failed since the reset, or of the start; 0: all is well. */
uint32_t ss_accelerator_error(void);

ss_accelerator_fault ss_accelerator_last_fault(void);

ss_accelerator_counts ss_accelerator_counts_read(void);

/* What was done between two readings. */
static inline ss_accelerator_counts ss_accelerator_between(ss_accelerator_counts start, ss_accelerator_counts end) {
    return (ss_accelerator_counts){.jobs = end.jobs - start.jobs, .cycles = end.cycles - start.cycles};
}

static inline void ss_accelerator_add(ss_accelerator_counts *sum, ss_accelerator_counts counts) {
    sum->jobs += counts.jobs;
    sum->cycles += counts.cycles;
}

#endif

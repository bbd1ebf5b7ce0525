/* Where the instructions and cycles went: sums a block, a fixed part and for the front end. */
#ifndef SS_PROFILE_H
#define SS_PROFILE_H

#include <stdint.h>

#include "accelerator.h"
#include "hal.h"
#include "skipstone.h"

enum { SS_PROFILE_PARTS = SS_MAX_BLOCKS + 2 }; /* blocks, before them, after them */

typedef struct ss_profile {
    uint32_t steps;
    ss_counters model;
    ss_counters front_end;
    ss_counters parts[SS_PROFILE_PARTS]; /* index as in ss_hooks.h */
    uint32_t runs[SS_PROFILE_PARTS];
} ss_profile;

/* The sums. The hooks add to `parts` and `runs`, the application to the others. */
ss_profile *ss_profile_sums(void);

/* What the NPU did in the same steps: all of them, and each part as in `parts`. Zeros without an NPU. */
ss_accelerator_counts *ss_profile_npu_model(void);
const ss_accelerator_counts *ss_profile_npu_parts(void);

void ss_profile_clear(void);

/* What was counted between two readings. */
static inline ss_counters ss_counters_between(const ss_counters *start, const ss_counters *end) {
    return (ss_counters){
        .instructions = end->instructions - start->instructions,
        .cycles = end->cycles - start->cycles,
    };
}

static inline void ss_counters_add(ss_counters *sum, const ss_counters *counts) {
    sum->instructions += counts->instructions;
    sum->cycles += counts->cycles;
}

#endif

/* Sums of the profile, and the hooks that feed it. */
#include "profile.h"

#include <string.h>

#include "ss_app_hooks.h"

static ss_profile sums;
static ss_counters part_start;
static ss_accelerator_counts npu_model;
static ss_accelerator_counts npu_parts[SS_PROFILE_PARTS];

#if defined(SS_NPU) /* otherwise the hooks, which are measured, do not pay for it */
static ss_accelerator_counts npu_start;

static void begin_npu(void) { npu_start = ss_accelerator_counts_read(); }

static void end_npu(uint16_t index) {
    ss_accelerator_add(&npu_parts[index], ss_accelerator_between(npu_start, ss_accelerator_counts_read()));
}
#else
static void begin_npu(void) {}
static void end_npu(uint16_t index) { (void)index; }
#endif

ss_profile *ss_profile_sums(void) { return &sums; }

ss_accelerator_counts *ss_profile_npu_model(void) { return &npu_model; }

const ss_accelerator_counts *ss_profile_npu_parts(void) { return npu_parts; }

void ss_profile_clear(void) {
    sums = (ss_profile){0};
    npu_model = (ss_accelerator_counts){0};
    memset(npu_parts, 0, sizeof npu_parts);
}

void ss_profile_begin(void) {
    begin_npu();
    ss_counters_read(&part_start);
}

void ss_profile_end(uint16_t index) {
    ss_counters end;
    ss_counters_read(&end);
    if (index >= SS_PROFILE_PARTS) return;
    const ss_counters counts = ss_counters_between(&part_start, &end);
    ss_counters_add(&sums.parts[index], &counts);
    sums.runs[index]++;
    end_npu(index);
}

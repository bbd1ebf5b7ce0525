/* Sums of the profile, and the hooks that feed it. */
#include "profile.h"

#include "ss_app_hooks.h"

static ss_profile sums;
static ss_counters part_start;

ss_profile *ss_profile_sums(void) { return &sums; }

void ss_profile_clear(void) { sums = (ss_profile){0}; }

void ss_profile_begin(void) { ss_counters_read(&part_start); }

void ss_profile_end(uint16_t index) {
    ss_counters end;
    ss_counters_read(&end);
    if (index >= SS_PROFILE_PARTS) return;
    const ss_counters counts = ss_counters_between(&part_start, &end);
    ss_counters_add(&sums.parts[index], &counts);
    sums.runs[index]++;
}

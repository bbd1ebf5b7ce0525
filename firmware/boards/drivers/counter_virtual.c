/* Counters of a virtual board: exact instructions, modelled cycles. */
#include "counter_virtual.h"

#include "hal.h"
#include "ss_protocol.h"

__attribute__((used)) volatile struct ss_virtual_counters ss_virtual_counters;

uint8_t ss_counters_init(void) {
    ss_virtual_mark();
    return ss_virtual_counters.instructions != 0u ? SSP_COUNTER_KIND_VIRTUAL : SSP_COUNTER_KIND_NONE;
}

void ss_counters_read(ss_counters *counters) {
    ss_virtual_mark();
    counters->instructions = ss_virtual_counters.instructions;
    counters->cycles = ss_virtual_counters.cycles;
}

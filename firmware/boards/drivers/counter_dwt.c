/* Counters of a part with DWT: measured cycles; nothing counts instructions. */
#include "cycle_counter.h"
#include "hal.h"
#include "ss_protocol.h"

uint8_t ss_counters_init(void) { return ss_cycle_counter_start() ? SSP_COUNTER_KIND_DWT : SSP_COUNTER_KIND_NONE; }

void ss_counters_read(ss_counters *counters) {
    counters->instructions = 0u;
    counters->cycles = ss_cycle_counter_read();
}

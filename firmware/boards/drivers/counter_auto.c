/* One image for a part and for its emulation: DWT where it counts (hardware), otherwise the virtual counter. */
#include "counter_virtual.h"
#include "cycle_counter.h"
#include "hal.h"
#include "ss_protocol.h"

__attribute__((used)) volatile struct ss_virtual_counters ss_virtual_counters;

static bool on_hardware;

uint8_t ss_counters_init(void) {
    on_hardware = ss_cycle_counter_start();
    if (on_hardware) return SSP_COUNTER_KIND_DWT;
    ss_virtual_mark();
    return ss_virtual_counters.instructions != 0u ? SSP_COUNTER_KIND_VIRTUAL : SSP_COUNTER_KIND_NONE;
}

void ss_counters_read(ss_counters *counters) {
    if (on_hardware) {
        counters->instructions = 0u;
        counters->cycles = ss_cycle_counter_read();
        return;
    }
    ss_virtual_mark();
    counters->instructions = ss_virtual_counters.instructions;
    counters->cycles = ss_virtual_counters.cycles;
}

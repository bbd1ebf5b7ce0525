/*
 * Armv8.1-M Performance Monitoring Unit (Cortex-M55): measured cycles and retired instructions. Event counters have 16 bits; counter 1
 * chained to counter 0 makes 32. Source: Armv8-M ARM (DDI 0553), B14 and D1.2 (PMU registers).
 */
#include "hal.h"
#include "registers.h"
#include "ss_protocol.h"

#define PMU_EVCNTR(n) (0xE0003000u + 4u * (n))
#define PMU_CCNTR 0xE000307Cu
#define PMU_EVTYPER(n) (0xE0003400u + 4u * (n))
#define PMU_CNTENSET 0xE0003C00u
#define PMU_CTRL 0xE0003E04u

enum {
    EVENT_INST_RETIRED = 0x08,
    EVENT_CHAIN = 0x1E,
    CTRL_ENABLE = 1 << 0,
    CTRL_RESET_EVENTS = 1 << 1,
    CTRL_RESET_CYCLES = 1 << 2,
};

uint8_t ss_counters_init(void) {
    ss_register_set(SS_DEMCR, 1u << 24); /* TRCENA */
    ss_register_write(PMU_EVTYPER(0u), EVENT_INST_RETIRED);
    ss_register_write(PMU_EVTYPER(1u), EVENT_CHAIN);
    ss_register_write(PMU_CTRL, CTRL_ENABLE | CTRL_RESET_EVENTS | CTRL_RESET_CYCLES);
    ss_register_write(PMU_CNTENSET, (1u << 31) | 3u);
    const uint32_t first = ss_register_read(PMU_CCNTR);
    __asm volatile("nop\n\tnop\n\tnop\n\tnop");
    return ss_register_read(PMU_CCNTR) != first ? SSP_COUNTER_KIND_PMU : SSP_COUNTER_KIND_NONE;
}

static uint32_t read_instructions(void) {
    uint32_t high = 0;
    uint32_t low = 0;
    do { /* the pair is read again when the low half wrapped in between */
        high = ss_register_read(PMU_EVCNTR(1u));
        low = ss_register_read(PMU_EVCNTR(0u));
    } while (high != ss_register_read(PMU_EVCNTR(1u)));
    return (high << 16) | (low & 0xFFFFu);
}

void ss_counters_read(ss_counters *counters) {
    static uint64_t instructions;
    static uint64_t cycles;
    instructions += (uint32_t)(read_instructions() - (uint32_t)instructions);
    cycles += (uint32_t)(ss_register_read(PMU_CCNTR) - (uint32_t)cycles);
    counters->instructions = instructions;
    counters->cycles = cycles;
}

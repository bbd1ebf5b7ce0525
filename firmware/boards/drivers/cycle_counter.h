/* DWT cycle counter of Armv7-M and Armv8-M Mainline. Source: Armv7-M ARM (DDI 0403), C1.8. */
#ifndef SS_CYCLE_COUNTER_H
#define SS_CYCLE_COUNTER_H

#include <stdbool.h>
#include <stdint.h>

#include "registers.h"

#define SS_DWT_CTRL 0xE0001000u
#define SS_DWT_CYCCNT 0xE0001004u
#define SS_DWT_LAR 0xE0001FB0u /* lock access: needed on some Cortex-M7 */

/* Start CYCCNT; false where it does not count. */
static inline bool ss_cycle_counter_start(void) {
    ss_register_set(SS_DEMCR, 1u << 24); /* TRCENA */
    ss_register_write(SS_DWT_LAR, 0xC5ACCE55u);
    ss_register_write(SS_DWT_CYCCNT, 0u);
    ss_register_set(SS_DWT_CTRL, 1u); /* CYCCNTENA */
    const uint32_t first = ss_register_read(SS_DWT_CYCCNT);
    __asm volatile("nop\n\tnop\n\tnop\n\tnop");
    return ss_register_read(SS_DWT_CYCCNT) != first;
}

/* The 32-bit count, widened: correct while it is read at least once every 2^32 cycles. */
static inline uint64_t ss_cycle_counter_read(void) {
    static uint64_t total;
    total += (uint32_t)(ss_register_read(SS_DWT_CYCCNT) - (uint32_t)total);
    return total;
}

#endif

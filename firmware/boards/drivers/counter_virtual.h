/*
 * The counter of a virtual board. A mark is one NOP whose address and number stand in the ELF section .perfmarks {pc, id}; the emulator
 * plugin stores the counts up to and including that NOP into ss_virtual_counters before the next instruction runs.
 */
#ifndef SS_COUNTER_VIRTUAL_H
#define SS_COUNTER_VIRTUAL_H

#include <stdint.h>

struct ss_virtual_counters {
    uint64_t instructions; /* exact */
    uint64_t cycles;       /* modelled */
};

extern volatile struct ss_virtual_counters ss_virtual_counters;

enum { SS_MARK_COUNTERS = 1 };

static inline void ss_virtual_mark(void) {
    __asm volatile(
        "9:\tnop\n\t"
        ".pushsection .perfmarks,\"\",%%progbits\n\t"
        ".word 9b, %c0\n\t"
        ".popsection" ::"i"(SS_MARK_COUNTERS)
        : "memory");
}

#endif

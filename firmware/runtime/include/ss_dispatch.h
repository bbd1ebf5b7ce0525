/* ss_dispatch.h: what a generated step does between its kernels. For generated code only. */
#ifndef SS_DISPATCH_H
#define SS_DISPATCH_H

#include <stdint.h>

/* Open gate i where logits[i] >= thresholds[i]; a threshold of 128 is never reached. */
static inline void ss_compare_gates(const int16_t *thresholds, const int8_t *logits, uint8_t *gates, int32_t count) {
    for (int32_t gate = 0; gate < count; ++gate) {
        gates[gate] = (uint8_t)(logits[gate] >= thresholds[gate]);
    }
}

/* The row of a ring after `row`. */
static inline uint16_t ss_next_row(uint16_t row, uint16_t rows) {
    const uint16_t next = (uint16_t)(row + 1U);
    return (next == rows) ? (uint16_t)0 : next;
}

#endif

/* Ring of received bytes: one writer (the receive interrupt), one reader (the application). */
#ifndef SS_RECEIVE_RING_H
#define SS_RECEIVE_RING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "registers.h"

enum { SS_RING_BYTES = 8192 }; /* a power of two */

typedef struct ss_receive_ring {
    uint8_t data[SS_RING_BYTES];
    volatile uint32_t written; /* bytes ever written, modulo 2^32 */
    volatile uint32_t read;
} ss_receive_ring;

static inline bool ss_ring_is_empty(const ss_receive_ring *ring) { return ring->written == ring->read; }

static inline bool ss_ring_is_full(const ss_receive_ring *ring) { return ring->written - ring->read == (uint32_t)SS_RING_BYTES; }

/* The ring must not be full. */
static inline void ss_ring_put(ss_receive_ring *ring, uint8_t byte) {
    const uint32_t written = ring->written;
    ring->data[written % (uint32_t)SS_RING_BYTES] = byte;
    __asm volatile("" ::: "memory"); /* the byte before the index: the reader is on the same core */
    ring->written = written + 1u;
}

/* Sleep until there is a byte. */
static inline void ss_ring_wait(const ss_receive_ring *ring) {
    while (ss_ring_is_empty(ring)) {
        ss_interrupts_mask(); /* a byte that arrives now still ends the WFI */
        if (ss_ring_is_empty(ring)) __asm volatile("wfi");
        ss_interrupts_unmask();
    }
}

/* Copy what is there, up to `capacity` bytes; returns their number. */
static inline size_t ss_ring_get(ss_receive_ring *ring, uint8_t *bytes, size_t capacity) {
    uint32_t read = ring->read;
    const uint32_t there = ring->written - read;
    const size_t count = there < capacity ? there : capacity;
    for (size_t i = 0; i < count; i++) bytes[i] = ring->data[read++ % (uint32_t)SS_RING_BYTES];
    __asm volatile("" ::: "memory");
    ring->read = read;
    return count;
}

#endif

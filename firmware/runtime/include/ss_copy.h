/*
 * Short copies and fills in words of 32 bits. The C library's may work byte by byte (newlib-nano), and calling it costs more
 * than most of these move.
 */
#ifndef SS_COPY_H
#define SS_COPY_H

#include <stdint.h>

/* size bytes from any address to any address; the target may overlap the source where it begins before it. */
static inline void ss_copy_bytes(const int8_t *source, int8_t *target, int32_t size)
{
    for (; size >= 16; size -= 16) {
        uint32_t words[4];
        __builtin_memcpy(words, source, sizeof words);
        __builtin_memcpy(target, words, sizeof words);
        source += sizeof words;
        target += sizeof words;
    }
    for (; size >= 4; size -= 4) {
        uint32_t word;
        __builtin_memcpy(&word, source, sizeof word);
        __builtin_memcpy(target, &word, sizeof word);
        source += sizeof word;
        target += sizeof word;
    }
    for (; size > 0; --size) {
        *target++ = *source++;
    }
}

static inline void ss_fill_bytes(int8_t *target, int8_t value, int32_t size)
{
    const uint32_t word = (uint8_t)value * 0x01010101u;
    for (; size >= 4; size -= 4) {
        __builtin_memcpy(target, &word, sizeof word);
        target += sizeof word;
    }
    for (; size > 0; --size) {
        *target++ = value;
    }
}

#endif

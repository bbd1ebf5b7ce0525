/* memcpy, memmove, memset and memcmp: the only functions of the C library that the image contains; the compiler emits calls to them. */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Without this the compiler would recognise the loops and call the functions themselves. */
#define NO_LOOP_IDIOMS __attribute__((optimize("no-tree-loop-distribute-patterns")))

typedef uint32_t __attribute__((may_alias)) word;

enum { WORD = sizeof(word) };

NO_LOOP_IDIOMS void *memcpy(void *restrict to, const void *restrict from, size_t count) {
    uint8_t *d = to;
    const uint8_t *s = from;
    if ((((uintptr_t)d | (uintptr_t)s) % WORD) == 0) {
        for (; count >= WORD; count -= WORD, d += WORD, s += WORD) *(word *)(void *)d = *(const word *)(const void *)s;
    }
    while (count-- > 0) *d++ = *s++;
    return to;
}

NO_LOOP_IDIOMS void *memmove(void *to, const void *from, size_t count) {
    uint8_t *d = to;
    const uint8_t *s = from;
    if ((uintptr_t)d - (uintptr_t)s >= count) return memcpy(to, from, count); /* also when to < from: forwards is safe */
    while (count-- > 0) d[count] = s[count];
    return to;
}

NO_LOOP_IDIOMS void *memset(void *to, int value, size_t count) {
    uint8_t *d = to;
    const word pattern = 0x01010101u * (uint8_t)value;
    for (; count > 0 && ((uintptr_t)d % WORD) != 0; count--) *d++ = (uint8_t)value;
    for (; count >= WORD; count -= WORD, d += WORD) *(word *)(void *)d = pattern;
    while (count-- > 0) *d++ = (uint8_t)value;
    return to;
}

NO_LOOP_IDIOMS int memcmp(const void *left, const void *right, size_t count) {
    const uint8_t *a = left;
    const uint8_t *b = right;
    for (size_t i = 0; i < count; i++) {
        if (a[i] != b[i]) return (int)a[i] - (int)b[i];
    }
    return 0;
}

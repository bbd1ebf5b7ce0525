/* Decimal numbers of commands. */
#ifndef SS_MLPERF_NUMBER_H
#define SS_MLPERF_NUMBER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Parse a word that is nothing but the digits of a number below 2^31; false for every other word, NULL included. */
static inline bool ss_number_parse(const char *word, uint32_t *value) {
    if (word == NULL || *word == '\0') return false;
    uint32_t sum = 0;
    for (; *word != '\0'; word++) {
        if (*word < '0' || *word > '9') return false;
        const uint32_t digit = (uint32_t)(*word - '0');
        if (sum > ((uint32_t)INT32_MAX - digit) / 10u) return false;
        sum = sum * 10u + digit;
    }
    *value = sum;
    return true;
}

#endif

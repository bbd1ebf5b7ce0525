/* The input of the benchmark, which arrives as hexadecimal text in many commands. */
#ifndef SS_MLPERF_INPUT_BUFFER_H
#define SS_MLPERF_INPUT_BUFFER_H

#include <stdbool.h>
#include <stdint.h>

/* Execute `db load N`: expect N bytes, which have to be whole steps and fit. Writes the reply, like all below. */
void ss_buffer_load(const char *bytes);

/* Execute `db HEX`: append bytes to what is expected. A refused command appends nothing. */
void ss_buffer_append(const char *digits);

/* Execute `db print [N=16] [offset=0]`; either argument may be NULL. */
void ss_buffer_print(const char *count, const char *offset);

/* The input, complete; NULL with an error written until every expected byte has come. `steps` gets the number of steps. */
const int8_t *ss_buffer_input(uint32_t *steps);

#endif

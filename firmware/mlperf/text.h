/* Text to the serial port, without the C library. */
#ifndef SS_MLPERF_TEXT_H
#define SS_MLPERF_TEXT_H

#include <stdint.h>

enum { SS_TEXT_DECIMALS = 8, SS_TEXT_UNITS = 100000000 }; /* units of one, for ss_text_fixed */

/* Write `text` up to its terminator. */
void ss_text(const char *text);

/* Write `text` with '?' for every character that is not printable ASCII: the runner decodes what it reads. */
void ss_text_printable(const char *text);

/* Write a decimal number. */
void ss_text_unsigned(uint64_t value);

/* Write two hexadecimal digits. */
void ss_text_hex(uint8_t value);

/* Write units / SS_TEXT_UNITS with SS_TEXT_DECIMALS decimals. */
void ss_text_fixed(int64_t units);

/* End the line, by CR LF as the benchmark's reference firmware does. */
void ss_text_end(void);

#endif

#ifndef SEMIHOSTING_H
#define SEMIHOSTING_H

#include <stdint.h>

void print(const char *text);
void print_bytes(const int8_t *bytes, int32_t size);
void print_number(uint32_t number);

#endif

/* The host in place of start.c. */
#include <stdio.h>

#include "semihosting.h"

void run_cases(void);

void print(const char *text)
{
    fputs(text, stdout);
}

void print_bytes(const int8_t *bytes, int32_t size)
{
    for (int32_t i = 0; i < size; ++i) {
        printf("%02x", (unsigned)(uint8_t)bytes[i]);
    }
}

void print_number(uint32_t number)
{
    printf("%u", (unsigned)number);
}

int main(void)
{
    run_cases();
    return 0;
}

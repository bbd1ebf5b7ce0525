/* Start-up of the kernel test programs: vectors, RAM set-up, semihosting output. Cortex-M4 (AN386), Cortex-M55 (AN547). */
#include <stdint.h>

#include "semihosting.h"

extern uint32_t data_source[];
extern uint32_t data_start[];
extern uint32_t data_end[];
extern uint32_t bss_start[];
extern uint32_t bss_end[];
extern uint32_t stack_end[];

void run_cases(void);
void reset_handler(void);

static uintptr_t semihosting_call(uintptr_t operation, uintptr_t argument)
{
    register uintptr_t r0 __asm("r0") = operation;
    register uintptr_t r1 __asm("r1") = argument;
    __asm volatile("bkpt 0xab" : "+r"(r0) : "r"(r1) : "memory");
    return r0;
}

void print(const char *text)
{
    (void)semihosting_call(0x04, (uintptr_t)text);
}

static void leave(void)
{
    (void)semihosting_call(0x18, 0x20026);
}

void print_bytes(const int8_t *bytes, int32_t size)
{
    static const char digits[] = "0123456789abcdef";
    char text[65];
    while (size > 0) {
        int32_t length = 0;
        for (; length < 64 && size > 0; --size, ++bytes) {
            text[length++] = digits[(uint8_t)*bytes >> 4];
            text[length++] = digits[(uint8_t)*bytes & 15];
        }
        text[length] = 0;
        print(text);
    }
}

void print_number(uint32_t number)
{
    char text[12];
    int32_t position = 11;
    text[position] = 0;
    do {
        text[--position] = (char)('0' + number % 10);
        number /= 10;
    } while (number > 0);
    print(text + position);
}

static void fault(void)
{
    print("fault\n");
    leave();
}

__attribute__((noreturn)) void reset_handler(void)
{
    *(volatile uint32_t *)0xE000ED88u |= 0xFu << 20; /* CPACR: FPU and MVE */
    __asm volatile("dsb\n\tisb");
    const uint32_t *source = data_source;
    for (uint32_t *word = data_start; word < data_end; ++word) {
        *word = *source++;
    }
    for (uint32_t *word = bss_start; word < bss_end; ++word) {
        *word = 0;
    }
    run_cases();
    leave();
    for (;;) {
    }
}

typedef void (*vector)(void);
__attribute__((section(".vectors"), used)) static const vector vectors[16] = {
    (vector)(uintptr_t)stack_end, reset_handler, fault, fault, fault, fault, fault, fault,
    0, 0, 0, fault, fault, 0, fault, fault,
};

/*
 * Start-up and output of the example on a bare Cortex-M, by semihosting: works in an emulator and through a debug probe. A product has its
 * own start-up, clock and output in place of this file. Source: Arm, Semihosting for AArch32 and AArch64.
 */
#include <stdint.h>

#include "board.h"

enum {
    SYS_WRITE0 = 0x04,
    SYS_EXIT = 0x18,
    STOPPED_RUN_TIME_ERROR = 0x20023,
    STOPPED_APPLICATION_EXIT = 0x20026,
};

extern uint32_t data_source[];
extern uint32_t data_start[];
extern uint32_t data_end[];
extern uint32_t bss_start[];
extern uint32_t bss_end[];
extern uint32_t stack_end[];

int main(void);
_Noreturn void reset_handler(void);

static void semihosting(uintptr_t operation, uintptr_t argument) {
    register uintptr_t r0 __asm("r0") = operation;
    register uintptr_t r1 __asm("r1") = argument;
    __asm volatile("bkpt 0xab" : "+r"(r0) : "r"(r1) : "memory");
}

void board_write(const char *text) { semihosting(SYS_WRITE0, (uintptr_t)text); }

void board_exit(int is_good) {
    semihosting(SYS_EXIT, is_good != 0 ? (uintptr_t)STOPPED_APPLICATION_EXIT : (uintptr_t)STOPPED_RUN_TIME_ERROR);
    for (;;) continue;
}

void reset_handler(void) {
    *(volatile uint32_t *)0xE000ED88u |= 0xFu << 20; /* CPACR: floating point and Helium */
    __asm volatile("dsb\n\tisb" ::: "memory");
    const uint32_t *source = data_source;
    for (uint32_t *word = data_start; word < data_end; word++) *word = *source++;
    for (uint32_t *word = bss_start; word < bss_end; word++) *word = 0u;
    (void)main();
    board_exit(1);
}

static void fault(void) {
    board_write("# processor fault\n");
    board_exit(0);
}

typedef void (*vector)(void);
__attribute__((section(".vectors"), used)) static const vector vectors[16] = {
    (vector)(uintptr_t)stack_end, reset_handler, fault, fault, fault, fault, fault, fault, 0, 0, 0, fault, fault, 0, fault, fault,
};

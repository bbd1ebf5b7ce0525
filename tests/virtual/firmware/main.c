/*
 * Test firmware for virtual boards: one command byte in, one line of hexadecimal words out.
 *
 *   h  who:      IMAGE_ID
 *   c  count:    instructions and cycles of spin(1000), spin(2000), spin(4000)
 *   i  isolate:  instructions and cycles of spin(1000), without and with an interrupt in its middle
 *   t  timer:    SysTick ticks and instructions of spin(20000), for the cross-check with -icount
 *   m  memory:   address of ss_virtual_counters
 */
#include <stdint.h>

typedef struct {
    uint64_t instructions;
    uint64_t cycles;
} virtual_counters;

volatile virtual_counters ss_virtual_counters;
static volatile uint32_t interrupts;

static inline volatile uint32_t *reg(uint32_t address) { return (volatile uint32_t *)(uintptr_t)address; }

static inline virtual_counters counters(void) {
    __asm volatile("1: nop\n .pushsection .perfmarks,\"\",%%progbits\n .word 1b, 0\n .popsection" ::: "memory");
    const virtual_counters now = {ss_virtual_counters.instructions, ss_virtual_counters.cycles};
    return now;
}

/* 2 n + 1 instructions, the return included. */
__attribute__((naked, noinline)) static void spin(uint32_t n) {
    (void)n;
    __asm volatile(".balign 16\n1: subs r0, r0, #1\n bne 1b\n bx lr");
}

#if UART_STM32
static void uart_init(void) { *reg(UART_BASE + 12) = 0x200C; }
static uint8_t uart_get(void) {
    while ((*reg(UART_BASE) & 0x20) == 0) {
    }
    return (uint8_t)*reg(UART_BASE + 4);
}
static void uart_put(char c) {
    while ((*reg(UART_BASE) & 0x80) == 0) {
    }
    *reg(UART_BASE + 4) = (uint8_t)c;
}
#else
static void uart_init(void) {
    *reg(UART_BASE + 16) = 16;
    *reg(UART_BASE + 8) = 3;
    (void)*reg(UART_BASE);
}
static uint8_t uart_get(void) {
    while ((*reg(UART_BASE + 4) & 2) == 0) {
    }
    return (uint8_t)*reg(UART_BASE);
}
static void uart_put(char c) {
    while ((*reg(UART_BASE + 4) & 1) != 0) {
    }
    *reg(UART_BASE) = (uint8_t)c;
}
#endif

static void put_word(uint64_t value) {
    for (int32_t shift = 28; shift >= 0; shift -= 4) {
        uart_put("0123456789abcdef"[(value >> shift) & 15]);
    }
    uart_put(' ');
}

static void put_difference(virtual_counters before, virtual_counters after) {
    put_word(after.instructions - before.instructions);
    put_word(after.cycles - before.cycles);
}

static void count(uint32_t n) {
    const virtual_counters before = counters();
    spin(n);
    put_difference(before, counters());
}

static void isolate(void) {
    count(1000);
    *reg(0xE000E100) = 1u << 5; /* enable interrupt 5 */
    const virtual_counters before = counters();
    spin(500);
    *reg(0xE000E200) = 1u << 5; /* pend it */
    spin(500);
    const virtual_counters after = counters();
    put_difference(before, after);
    put_word(interrupts);
}

static void timer(void) {
    *reg(0xE000E014) = 0xFFFFFF;
    *reg(0xE000E018) = 0;
    *reg(0xE000E010) = 5;
    const uint32_t ticks_before = *reg(0xE000E018);
    const virtual_counters before = counters();
    spin(20000);
    const virtual_counters after = counters();
    const uint32_t ticks_after = *reg(0xE000E018);
    *reg(0xE000E010) = 0;
    put_word((ticks_before - ticks_after) & 0xFFFFFF);
    put_difference(before, after);
}

int main(void) {
    uart_init();
    for (;;) {
        switch (uart_get()) {
        case 'h': put_word(IMAGE_ID); break;
        case 'c': count(1000); count(2000); count(4000); break;
        case 'i': isolate(); break;
        case 't': timer(); break;
        case 'm': put_word((uintptr_t)&ss_virtual_counters); break;
        default: continue;
        }
        uart_put('\n');
    }
}

extern uint32_t ss_bss_begin[], ss_bss_end[], ss_stack_top[];

__attribute__((noreturn)) void reset_handler(void);
__attribute__((noreturn)) void reset_handler(void) {
    for (uint32_t *word = ss_bss_begin; word < ss_bss_end; word++) {
        *word = 0;
    }
    main();
    for (;;) {
    }
}

static void fault(void) {
    for (;;) {
    }
}

static void interrupt_5(void) {
    for (uint32_t turn = 0; turn < 50; turn++) {
        interrupts = interrupts + 1;
    }
}

typedef void (*vector)(void);
__attribute__((section(".vectors"), used)) static const vector vectors[16 + 48] = {
    (vector)(uintptr_t)ss_stack_top, reset_handler, fault, fault, fault, fault, fault, fault, [16 + 5] = interrupt_5,
};

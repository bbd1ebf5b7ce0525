/*
 * The front end on an emulated Cortex-M4 (QEMU mps2-an386) or Cortex-M55 (mps3-an547) with no other firmware around it:
 * prints the SysTick ticks of every step, then its features in hex. The test writes steps.h.
 */
#include <stddef.h>
#include <stdint.h>

#include "ss_log_mel.h"
#include "steps.h" /* STEPS, int16_t pcm[STEPS][640] */

enum { SYS_WRITE0 = 4, SYS_EXIT = 0x18, APPLICATION_EXIT = 0x20026 };

extern uint32_t stack_top;
void reset_handler(void);

__attribute__((section(".vectors"), used)) static const void *const vectors[16] = {&stack_top,
                                                                                   (const void *)reset_handler};
static volatile uint32_t *const systick = (volatile uint32_t *)0xE000E010;
static ss_log_mel state;
static int8_t features[SS_LOG_MEL_STEP_FEATURES];

static void semihost(uint32_t operation, const void *argument)
{
    register uint32_t r0 __asm("r0") = operation;
    register const void *r1 __asm("r1") = argument;
    __asm volatile("bkpt 0xab" : "+r"(r0) : "r"(r1) : "memory");
}

static void print_decimal(uint32_t value)
{
    char text[12];
    size_t place = sizeof text;
    text[--place] = '\0';
    text[--place] = '\n';
    do {
        text[--place] = (char)('0' + value % 10U);
        value /= 10U;
    } while (value != 0U);
    semihost(SYS_WRITE0, text + place);
}

static void print_hex(const int8_t *values, size_t count)
{
    static char text[2 * SS_LOG_MEL_STEP_FEATURES + 2];
    for (size_t i = 0; i < count; ++i) {
        const uint32_t byte = (uint8_t)values[i];
        text[2U * i] = "0123456789abcdef"[byte >> 4];
        text[2U * i + 1U] = "0123456789abcdef"[byte & 15U];
    }
    text[2U * count] = '\n';
    text[2U * count + 1U] = '\0';
    semihost(SYS_WRITE0, text);
}

void reset_handler(void)
{
    *(volatile uint32_t *)0xE000ED88 |= 0xFU << 20; /* CPACR: floating point and MVE */
    __asm volatile("dsb\n\tisb");
    systick[1] = 0xFFFFFF;
    systick[0] = 5U;
    ss_log_mel_reset(&state);
    for (uint32_t step = 0U; step < STEPS; ++step) {
        const uint32_t before = systick[2];
        ss_log_mel_step(&state, pcm[step], features);
        print_decimal((before - systick[2]) & 0xFFFFFFU);
        print_hex(features, SS_LOG_MEL_STEP_FEATURES);
    }
    semihost(SYS_EXIT, (const void *)APPLICATION_EXIT);
    for (;;) {
    }
}

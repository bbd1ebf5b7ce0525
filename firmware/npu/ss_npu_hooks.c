/*
 * The hooks of ss_npu.h on a Cortex-M. Each is weak: a project with its own clock, caches or operating system defines its own.
 * Source: Armv8-M ARM (DDI 0553), B11.1 (SysTick) and D1.2 (cache maintenance).
 */
#include "ss_npu.h"
#include "ss_npu_hooks.h"

#define WEAK __attribute__((weak))

#define CCR 0xE000ED14u
#define SYSTICK_CTRL 0xE000E010u
#define SYSTICK_RELOAD 0xE000E014u
#define SYSTICK_CURRENT 0xE000E018u
#define DCCMVAC 0xE000EF68u  /* clean a line by address */
#define DCCIMVAC 0xE000EF70u /* clean and invalidate a line by address */

enum {
    CCR_DATA_CACHE = 1 << 16,
    LINE = 32, /* bytes */
    SYSTICK_ON = 7, /* enabled, with its exception, core clock */
    TICKS_PER_SECOND = 100,
    MILLISECONDS_PER_TICK = 10,
};

static volatile uint32_t ticks_left;

static uint32_t read_word(uint32_t address) { return *(volatile const uint32_t *)(uintptr_t)address; }

static void write_word(uint32_t address, uint32_t value) { *(volatile uint32_t *)(uintptr_t)address = value; }

/* The cache is on only on cores that have one. */
static void maintain(uint32_t operation, uintptr_t address, uint32_t bytes) {
    if ((read_word(CCR) & (uint32_t)CCR_DATA_CACHE) == 0u) return;
    __asm volatile("dsb" ::: "memory");
    for (uint32_t line = (uint32_t)address & ~(LINE - 1u); line < (uint32_t)address + bytes; line += LINE) {
        write_word(operation, line);
    }
    __asm volatile("dsb\n\tisb" ::: "memory");
}

WEAK void ss_npu_cache_clean(uintptr_t address, uint32_t bytes) { maintain(DCCMVAC, address, bytes); }

/* Lines that the NPU's memory shares with other data are written back, not lost. The range was cleaned before the job, so none of the NPU's
 * results is overwritten. */
WEAK void ss_npu_cache_invalidate(uintptr_t address, uint32_t bytes) { maintain(DCCIMVAC, address, bytes); }

void ss_npu_tick_handler(void) {
    if (ticks_left > 0u) ticks_left--;
}

/* One tick more than asked for: the first may come at once. */
WEAK void ss_npu_timer_start(uint32_t milliseconds) {
    ticks_left = milliseconds / (uint32_t)MILLISECONDS_PER_TICK + 2u;
    write_word(SYSTICK_CURRENT, 0u);
    write_word(SYSTICK_CTRL, SYSTICK_ON);
}

WEAK bool ss_npu_timer_is_over(void) { return ticks_left == 0u; }

WEAK void ss_npu_timer_stop(void) { write_word(SYSTICK_CTRL, 0u); }

WEAK void ss_npu_sleep(void) { __asm volatile("wfe" ::: "memory"); }

void ss_npu_timer_init(uint32_t clock_hz) { write_word(SYSTICK_RELOAD, clock_hz / (uint32_t)TICKS_PER_SECOND - 1u); }

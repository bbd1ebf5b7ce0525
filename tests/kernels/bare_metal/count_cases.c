/* Prints SysTick ticks of every case, the call of an empty function first. Run it under -icount. */
#include <string.h>

#include "run_cases.h"
#include "semihosting.h"

enum { BUFFER = 16384, SYSTICK_MASK = 0xffffff };

static int8_t input_memory[MAX_INPUTS][BUFFER] __attribute__((aligned(16)));
static int8_t output_memory[BUFFER] __attribute__((aligned(16)));
static int8_t scratch_memory[BUFFER] __attribute__((aligned(16)));

void run_cases(void);

static void nothing(int8_t *const input[MAX_INPUTS], int8_t *output, void *scratch)
{
    (void)input;
    (void)output;
    (void)scratch;
}

static uint32_t ticks(const kernel_case *one)
{
    volatile uint32_t *const value = (volatile uint32_t *)0xE000E018u;
    int8_t *input[MAX_INPUTS];
    for (int32_t i = 0; i < MAX_INPUTS; ++i) {
        input[i] = input_memory[i];
        memcpy(input[i], one->input[i], (size_t)one->input_size[i]);
    }
    const uint32_t before = *value;
    one->call(input, output_memory, scratch_memory);
    return (before - *value) & SYSTICK_MASK;
}

void run_cases(void)
{
    *(volatile uint32_t *)0xE000E014u = SYSTICK_MASK; /* reload */
    *(volatile uint32_t *)0xE000E018u = 0;
    *(volatile uint32_t *)0xE000E010u = 5; /* processor clock, no interrupt */
    const kernel_case empty = {.call = nothing, .input = {output_memory, output_memory, output_memory}};
    print_number(ticks(&empty));
    print("\n");
    for (int32_t i = 0; i < kernel_case_count; ++i) {
        print_number(ticks(&kernel_cases[i]));
        print("\n");
    }
}

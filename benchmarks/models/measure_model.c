/* Streams a generated model with one gate source and prints its output, SysTick ticks and the stack of every step. */
#include "model.h"
#include "semihosting.h"
#include "steps.h"

enum { SYSTICK_MASK = 0xffffff, PAINTED_WORDS = 1024, PAINT = 0x5AA5C33C };

static _Alignas(SS_ALIGNMENT) uint8_t arena[MODEL_ARENA_BYTES + 1];
static _Alignas(SS_ALIGNMENT) uint8_t state[MODEL_STATE_BYTES + 1];
static _Alignas(MODEL_LOGIT_WIDTH) int8_t output[MODEL_LOGIT_COUNT * MODEL_LOGIT_WIDTH];
static uint8_t gates[MODEL_BLOCK_COUNT + 1];

void run_cases(void);

static uint32_t *stack_pointer(void)
{
    uint32_t *now;
    __asm volatile("mov %0, sp" : "=r"(now));
    return now;
}

/* One step with the stack below painted; the bytes that it wrote over, at most 4 * PAINTED_WORDS. */
static __attribute__((noinline)) uint32_t painted_step(ss_instance *instance, const int8_t *features, uint32_t *elapsed)
{
    volatile uint32_t *const ticks = (volatile uint32_t *)0xE000E018u;
    volatile uint32_t *const top = stack_pointer();
    for (int32_t i = 1; i <= PAINTED_WORDS; ++i) {
        top[-i] = PAINT;
    }
    const uint32_t before = *ticks;
    const ss_status status = ss_step(instance, features, output, gates);
    *elapsed = (before - *ticks) & SYSTICK_MASK;
    int32_t deepest = PAINTED_WORDS;
    while (deepest > 0 && top[-deepest] == PAINT) {
        --deepest;
    }
    return status == SS_OK ? 4u * (uint32_t)deepest : UINT32_MAX;
}

void run_cases(void)
{
    *(volatile uint32_t *)0xE000E014u = SYSTICK_MASK; /* reload */
    *(volatile uint32_t *)0xE000E018u = 0;
    *(volatile uint32_t *)0xE000E010u = 5; /* processor clock, no interrupt */
    static ss_instance instance;
    (void)ss_init(&instance, &ss_generated_model, arena, sizeof arena, state, sizeof state);
    (void)ss_set_gate_source(&instance, (ss_gate_source)GATE_SOURCE, 0);
    print_number(MODEL_ARENA_BYTES);
    print(" ");
    print_number(MODEL_STATE_BYTES);
    print(" ");
    print_number(sizeof instance);
    print("\n");
    for (int32_t step = 0; step < STEPS; ++step) {
        uint32_t elapsed = 0;
        const uint32_t stack = painted_step(&instance, step_features + step * MODEL_FEATURE_COUNT * MODEL_FEATURE_WIDTH, &elapsed);
        print_bytes(output, MODEL_LOGIT_COUNT * MODEL_LOGIT_WIDTH);
        print(" ");
        print_number(elapsed);
        print(" ");
        print_number(stack);
        print("\n");
    }
}

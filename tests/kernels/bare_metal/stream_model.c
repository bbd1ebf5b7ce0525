/* Streams a generated model and prints logits, gates and SysTick ticks of every step; of a transducer the token plus one. */
#include "model.h"
#include "semihosting.h"
#include "steps.h"

enum { SYSTICK_MASK = 0xffffff };

static _Alignas(SS_ALIGNMENT) uint8_t arena[MODEL_ARENA_BYTES];
static _Alignas(SS_ALIGNMENT) uint8_t state[MODEL_STATE_BYTES + 1];
static _Alignas(SS_ALIGNMENT) int8_t logits[MODEL_LOGIT_COUNT * MODEL_LOGIT_WIDTH];
static uint8_t gates[MODEL_BLOCK_COUNT + 1];

void run_cases(void);

static void check(ss_status status)
{
    if (status != SS_OK) {
        print("status ");
        print_number((uint32_t)status);
        print("\n");
    }
}

void run_cases(void)
{
    volatile uint32_t *const ticks = (volatile uint32_t *)0xE000E018u;
    *(volatile uint32_t *)0xE000E014u = SYSTICK_MASK; /* reload */
    *ticks = 0;
    *(volatile uint32_t *)0xE000E010u = 5; /* processor clock, no interrupt */
    ss_instance instance;
    check(ss_init(&instance, &ss_generated_model, arena, sizeof arena, state, sizeof state));
    for (int32_t step = 0; step < STEPS; ++step) {
        check(ss_set_gate_source(&instance, (ss_gate_source)gate_sources[step], 0));
        const uint32_t before = *ticks;
        check(ss_step(&instance, step_features + step * MODEL_FEATURE_COUNT * MODEL_FEATURE_WIDTH, logits, gates));
        const uint32_t elapsed = (before - *ticks) & SYSTICK_MASK;
        print_bytes(logits, MODEL_LOGIT_COUNT * MODEL_LOGIT_WIDTH);
        print(" ");
        print_bytes((const int8_t *)gates, MODEL_BLOCK_COUNT);
        print(" ");
        print_number(elapsed);
        if (instance.model->context_count > 0U) {
            print(" ");
            print_number((uint32_t)(ss_transducer_push(&instance, logits) + 1));
        }
        print("\n");
    }
}

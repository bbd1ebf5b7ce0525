/* Streams every generated model of the program and prints the output of every step, a line each. */
#include <string.h>

#include "run_models.h"
#include "semihosting.h"

enum { ARENA_BYTES = 65536, STATE_BYTES = 8192, OUTPUT_BYTES = 16384 };

static _Alignas(SS_ALIGNMENT) uint8_t arena[ARENA_BYTES];
static _Alignas(SS_ALIGNMENT) uint8_t state[STATE_BYTES];
static _Alignas(4) int8_t output[OUTPUT_BYTES];

void run_cases(void);

static void stream(const model_case *model_case)
{
    const ss_model *const model = model_case->model;
    ss_instance instance;
    const int32_t input_bytes = model->feature_count * model->feature_width;
    const int32_t output_bytes = model->logit_count * model->logit_width;
    if (output_bytes > OUTPUT_BYTES ||
        ss_init(&instance, model, arena, sizeof arena, state, sizeof state) != SS_OK) {
        print("refused\n");
        return;
    }
    for (int32_t step = 0; step < model_case->steps; ++step) {
        memset(arena, 0x5A, sizeof arena); /* nothing may depend on what the last step left */
        if (ss_step(&instance, model_case->features + step * input_bytes, output, NULL) != SS_OK) {
            print("failed");
        }
        print_bytes(output, output_bytes);
        print("\n");
    }
}

void run_cases(void)
{
    for (int32_t i = 0; i < model_case_count; ++i) {
        stream(model_cases[i]);
    }
}

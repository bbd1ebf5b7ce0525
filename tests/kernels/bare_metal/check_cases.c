/* Runs every case at four alignments of its buffers and prints the outputs; guards beside the buffers must survive. */
#include <string.h>

#include "run_cases.h"
#include "semihosting.h"

enum { BUFFER = 8192, GUARD = 16, GUARD_BYTE = 0x5a, OFFSETS = 4 };

static int8_t input_memory[MAX_INPUTS][BUFFER] __attribute__((aligned(16)));
static int8_t output_memory[BUFFER] __attribute__((aligned(16)));
static int8_t scratch_memory[BUFFER] __attribute__((aligned(16)));

void run_cases(void);

static int8_t *guarded(int8_t memory[BUFFER], int32_t offset)
{
    memset(memory, GUARD_BYTE, BUFFER);
    return memory + GUARD + offset;
}

static int is_intact(const int8_t memory[BUFFER], int32_t offset, int32_t size)
{
    for (int32_t i = 0; i < BUFFER; ++i) {
        const int is_inside = i >= GUARD + offset && i < GUARD + offset + size;
        if (!is_inside && memory[i] != GUARD_BYTE) {
            return 0;
        }
    }
    return 1;
}

static void run_case(const kernel_case *one, int32_t offset)
{
    int8_t *input[MAX_INPUTS];
    for (int32_t i = 0; i < MAX_INPUTS; ++i) {
        input[i] = guarded(input_memory[i], (offset + i) % OFFSETS * one->alignment);
        memcpy(input[i], one->input[i], (size_t)one->input_size[i]);
    }
    const int32_t place = (2 * offset + 1) % OFFSETS * one->alignment;
    int8_t *output = guarded(output_memory, place);
    void *scratch = one->scratch_size > 0 ? guarded(scratch_memory, 0) : 0;
    one->call(input, output, scratch);
    if (one->in_place > 0) {
        memcpy(output, input[one->in_place - 1], (size_t)one->output_size);
    }
    print_bytes(output, one->output_size);
    print(is_intact(output_memory, place, one->output_size) ? " ok" : " output overrun");
    print(one->scratch_size == 0 || is_intact(scratch_memory, 0, one->scratch_size) ? "\n" : " scratch overrun\n");
}

void run_cases(void)
{
    for (int32_t i = 0; i < kernel_case_count; ++i) {
        for (int32_t offset = 0; offset < OFFSETS; ++offset) {
            run_case(&kernel_cases[i], offset);
        }
    }
}

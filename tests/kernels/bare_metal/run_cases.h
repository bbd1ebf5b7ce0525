/* One call of a kernel with the inputs it gets; the table is generated (case_program.py). */
#ifndef RUN_CASES_H
#define RUN_CASES_H

#include <stdint.h>

enum { MAX_INPUTS = 3 };

typedef struct {
    void (*call)(int8_t *const input[MAX_INPUTS], int8_t *output, void *scratch);
    const int8_t *input[MAX_INPUTS];
    int32_t input_size[MAX_INPUTS];
    int32_t output_size;
    int32_t scratch_size;
    int32_t in_place;                  /* number of the input that is the output as well, counted from 1; 0: none */
    int32_t alignment;                 /* bytes that the kernel demands of its buffers */
} kernel_case;

extern const kernel_case kernel_cases[];
extern const int32_t kernel_case_count;

#endif

/* One inference of the benchmark: the stream is reset, then every step of the input runs; the result is that of the last step. */
#ifndef SS_MLPERF_INFERENCE_H
#define SS_MLPERF_INFERENCE_H

#include <stdbool.h>
#include <stdint.h>

#include "model.h" /* generated: MODEL_ARENA_BYTES, MODEL_STATE_BYTES, MODEL_FEATURE_COUNT, MODEL_LOGIT_COUNT */
#include "skipstone.h"

/* Start the counters and the generated model. `start_model` false leaves the model alone (after repeated faults). */
void ss_inference_init(bool start_model);

/* Of the start: SS_OK, or the model cannot be used. */
ss_status ss_inference_ready(void);

/* Something counts cycles; without it every time is 0. */
bool ss_inference_is_timed(void);

/* Microseconds since an arbitrary start. Correct while it, or an inference, comes at least once every 2^32 cycles. */
uint64_t ss_inference_microseconds(void);

/* Run `steps` ≥ 1 steps of int8[MODEL_FEATURE_COUNT] from a fresh stream. */
ss_status ss_inference_run(const int8_t *features, uint32_t steps);

/* An inference has run since the start. */
bool ss_inference_has_result(void);

/* Write the dequantized result as one line `m-results-[…]`. */
void ss_inference_print_result(void);

#endif

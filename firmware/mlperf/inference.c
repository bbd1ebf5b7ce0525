/* The model of the benchmark. */
#include "inference.h"

#include "board_config.h"
#include "hal.h"
#include "ss_protocol.h"
#include "text.h"

static _Alignas(SS_ALIGNMENT) uint8_t arena[MODEL_ARENA_BYTES + 1]; /* + 1: a size may be 0 */
static _Alignas(SS_ALIGNMENT) uint8_t state[MODEL_STATE_BYTES + 1];
static ss_instance instance;
static ss_status started = SS_ERROR_ARGUMENT;
static int8_t result[MODEL_LOGIT_COUNT];
static bool has_result;
static bool is_timed;

void ss_inference_init(bool start_model) {
    is_timed = ss_counters_init() != SSP_COUNTER_KIND_NONE;
    if (start_model) {
        started = ss_init(&instance, &ss_generated_model, arena, MODEL_ARENA_BYTES, state, MODEL_STATE_BYTES);
    }
}

ss_status ss_inference_ready(void) { return started; }

bool ss_inference_is_timed(void) { return is_timed; }

uint64_t ss_inference_microseconds(void) {
    ss_counters counters;
    ss_counters_read(&counters);
    const uint64_t rest = counters.cycles % SS_CLOCK_HZ;
    return counters.cycles / SS_CLOCK_HZ * 1000000u + rest * 1000000u / SS_CLOCK_HZ; /* the product would overflow */
}

ss_status ss_inference_run(const int8_t *features, uint32_t steps) {
    ss_status status = ss_reset(&instance);
    for (uint32_t step = 0; step < steps && status == SS_OK; step++) {
        status = ss_step(&instance, features + (size_t)step * MODEL_FEATURE_COUNT, result, NULL);
        if (instance.model->context_count > 0u && status == SS_OK) (void)ss_transducer_push(&instance, result);
    }
    (void)ss_inference_microseconds(); /* a 32-bit counter may not wrap unread */
    has_result = status == SS_OK;
    return status;
}

bool ss_inference_has_result(void) { return has_result; }

/* The quantized value at `index`; a uint8 output is kept in the same bytes. */
static int32_t quantized(uint32_t index) {
#if SS_MLPERF_UNSIGNED
    return (uint8_t)result[index];
#else
    return result[index];
#endif
}

void ss_inference_print_result(void) {
    const ss_model *const model = instance.model;
    ss_text("m-results-[");
    for (uint32_t i = 0; i < MODEL_LOGIT_COUNT; i++) {
        const double units = (double)model->logit_scale * SS_TEXT_UNITS * (quantized(i) - model->logit_zero_point);
        if (i > 0) ss_text(",");
        ss_text_fixed((int64_t)(units < 0.0 ? units - 0.5 : units + 0.5));
    }
    ss_text("]");
    ss_text_end();
}

/* RESET, STEP_FEATURES, STEP_PCM: the stream itself. */
#include <string.h>

#include "accelerator.h"
#include "commands.h"
#include "front_end.h"
#include "profile.h"
#include "understanding.h"

/* Where the results of a batch go in the reply's payload, and where its masks come from (NULL: none). */
typedef struct ss_batch {
    const uint8_t *masks;
    uint8_t *gates;
    uint8_t *tokens;
    uint8_t *instructions;
    uint8_t *cycles;
    uint8_t *logits;     /* NULL: not wanted, as the next two */
    uint8_t *npu_jobs;
    uint8_t *npu_cycles;
    uint8_t gate_bytes;
} ss_batch;

size_t ss_command_reset(ss_command *command) {
    if (!ssp_parse_reset_request(command->length)) return ss_refuse_length(command);
    ss_session_reset(command->session);
    const uint32_t error = ss_accelerator_error();
    if (error != SSP_NPU_ERROR_NONE) return ss_refuse(command, SSP_ERROR_NPU, error);
    return ssp_place_reset_reply();
}

static uint32_t saturate(uint64_t count) { return count > UINT32_MAX ? UINT32_MAX : (uint32_t)count; }

/* Run step `index` of the batch on features aligned to their width. A job of the NPU that failed in it is not in the status: see refuse_step. */
static ss_status run_step(ss_session *session, const ss_batch *batch, uint32_t index, const void *features) {
    const ss_model *const model = session->instance.model;
    ss_profile *const sums = ss_profile_sums();
    ss_counters start;
    ss_counters end;
    ss_status status = SS_OK;
    const ss_accelerator_counts npu_start = ss_accelerator_counts_read();
    if (batch->masks != NULL) {
        ss_gates_unpack(batch->masks + index * batch->gate_bytes, model->block_count, session->mask);
        ss_counters_read(&start);
        status = ss_step_traced(&session->instance, features, session->mask, session->logits, session->gates);
    } else {
        ss_counters_read(&start);
        status = ss_step(&session->instance, features, session->logits, session->gates);
    }
    ss_counters_read(&end);
    if (status != SS_OK || ss_accelerator_error() != SSP_NPU_ERROR_NONE) return status;
    const ss_accelerator_counts npu = ss_accelerator_between(npu_start, ss_accelerator_counts_read());
    ss_accelerator_add(ss_profile_npu_model(), npu);
    if (batch->npu_jobs != NULL) {
        ssp_put_u16(batch->npu_jobs + 2u * index, (uint16_t)npu.jobs);
        ssp_put_u32(batch->npu_cycles + 4u * index, saturate(npu.cycles));
    }
    const ss_counters counts = ss_counters_between(&start, &end);
    sums->steps++;
    ss_counters_add(&sums->model, &counts);
    const int32_t token = ss_session_decode(session);
    if (token >= 0 && token < (int32_t)model->token_count) {
        ss_transcript_append(&session->transcript, model->tokens[token]);
    }
    ss_understanding_step(session->logits);
    ss_gates_pack(session->gates, model->block_count, batch->gates + index * batch->gate_bytes);
    ssp_put_i16(batch->tokens + 2u * index, (int16_t)token);
    ssp_put_u32(batch->instructions + 4u * index, saturate(counts.instructions));
    ssp_put_u32(batch->cycles + 4u * index, saturate(counts.cycles));
    if (batch->logits != NULL) {
        const size_t bytes = ss_logit_bytes(model);
        memcpy(batch->logits + index * bytes, session->logits, bytes);
    }
    return SS_OK;
}

/* Whether a step failed, which the command then refuses: the stream is lost where the NPU did not do its part. */
static bool refuse_step(ss_command *command, ss_status status) {
    const uint32_t error = ss_accelerator_error();
    if (error != SSP_NPU_ERROR_NONE) {
        (void)ss_refuse(command, SSP_ERROR_NPU, error);
    } else if (status != SS_OK) {
        (void)ss_refuse(command, SSP_ERROR_MODEL, (uint32_t)status);
    }
    return command->error != 0;
}

/* What both kinds of batch have in common: false when the request is refused. */
static bool check_batch(ss_command *command, uint8_t steps, uint8_t flags, uint8_t allowed, uint8_t gate_bytes) {
    const ss_instance *const instance = &command->session->instance;
    const bool masked = (flags & SSP_STEP_FLAGS_MASKS) != 0;
    ss_accelerator_acquire();
    if (refuse_step(command, SS_OK)) return false;
    if (steps == 0) {
        (void)ss_refuse(command, SSP_ERROR_BAD_VALUE, 0);
    } else if ((flags & ~allowed) != 0) {
        (void)ss_refuse(command, SSP_ERROR_BAD_VALUE, 1);
    } else if ((flags & SSP_STEP_FLAGS_NPU) != 0 && !ss_accelerator_is_there()) {
        (void)ss_refuse(command, SSP_ERROR_NO_NPU, 0);
    } else if (gate_bytes != ss_gate_bytes(instance->model)) {
        (void)ss_refuse(command, SSP_ERROR_BAD_SHAPE, ss_gate_bytes(instance->model));
    } else if (masked != (instance->source == SS_GATES_TRACE)) {
        (void)ss_refuse(command, SSP_ERROR_GATE_SOURCE, (uint32_t)instance->source);
    }
    return command->error == 0;
}

/* Refuse: the replies of so many steps do not fit. `head` bytes come first, then `step_bytes` a step. */
static size_t refuse_steps(ss_command *command, uint32_t head, uint32_t step_bytes) {
    return ss_refuse(command, SSP_ERROR_TOO_MANY_STEPS, ((uint32_t)SSP_MAX_PAYLOAD - head) / step_bytes);
}

static uint32_t step_bytes(const ss_model *model, uint8_t flags) {
    const uint32_t logits = (flags & SSP_STEP_FLAGS_LOGITS) != 0 ? ss_logit_bytes(model) : 0u;
    const uint32_t npu = (flags & SSP_STEP_FLAGS_NPU) != 0 ? 6u : 0u; /* jobs, cycles */
    return ss_gate_bytes(model) + 2u + 4u + 4u + logits + npu;        /* gates, token, instructions, cycles */
}

/* Features of one step where the model can read them: a payload begins at any address, int16 does not. */
static const void *aligned_features(ss_session *session, const uint8_t *features) {
    const ss_model *const model = session->instance.model;
    if (model->feature_width == 1u) return features;
    memcpy(session->features, features, ss_feature_bytes(model));
    return session->features;
}

size_t ss_command_step_features(ss_command *command) {
    const ss_model *const model = command->session->instance.model;
    ssp_step_features_request request;
    if (!ssp_parse_step_features_request(command->payload, command->length, &request)) {
        return ss_refuse_length(command);
    }
    const uint32_t feature_bytes = ss_feature_bytes(model);
    if (request.feature_bytes != feature_bytes) return ss_refuse(command, SSP_ERROR_BAD_SHAPE, feature_bytes);
    const uint8_t allowed = SSP_STEP_FLAGS_LOGITS | SSP_STEP_FLAGS_MASKS | SSP_STEP_FLAGS_NPU;
    if (!check_batch(command, request.steps, request.flags, allowed, request.gate_bytes)) return 0;
    ssp_step_features_reply reply = {
        .steps = request.steps,
        .flags = request.flags,
        .gate_bytes = request.gate_bytes,
        .logit_bytes = ss_logit_bytes(model),
    };
    const size_t length = ssp_place_step_features_reply(command->reply, SSP_MAX_PAYLOAD, &reply);
    if (length == SSP_NO_ROOM) return refuse_steps(command, 5u, step_bytes(model, request.flags));
    const ss_batch batch = {
        .masks = request.masks,
        .gates = reply.gates,
        .tokens = reply.tokens,
        .instructions = reply.instructions,
        .cycles = reply.cycles,
        .logits = reply.logits,
        .npu_jobs = reply.npu_jobs,
        .npu_cycles = reply.npu_cycles,
        .gate_bytes = request.gate_bytes,
    };
    for (uint32_t i = 0; i < request.steps; i++) {
        const void *const features =
            aligned_features(command->session, request.features + (size_t)i * feature_bytes);
        const ss_status status = run_step(command->session, &batch, i, features);
        if (refuse_step(command, status)) return 0;
    }
    ss_accelerator_release();
    return length;
}

/* One step of the front end, measured: PCM → session->features. */
static void run_front_end(ss_session *session, const ssp_step_pcm_reply *reply, uint32_t index, const uint8_t *pcm) {
    ss_counters start;
    ss_counters end;
    ss_counters_read(&start);
    ss_front_end_step(pcm, session->features);
    ss_counters_read(&end);
    const ss_counters counts = ss_counters_between(&start, &end);
    ss_counters_add(&ss_profile_sums()->front_end, &counts);
    ssp_put_u32(reply->front_end_instructions + 4u * index, saturate(counts.instructions));
    ssp_put_u32(reply->front_end_cycles + 4u * index, saturate(counts.cycles));
    if (reply->features != NULL) {
        memcpy(reply->features + (size_t)index * reply->feature_bytes, session->features, reply->feature_bytes);
    }
}

size_t ss_command_step_pcm(ss_command *command) {
    ss_session *const session = command->session;
    const ss_model *const model = session->instance.model;
    ssp_step_pcm_request request;
    if (!ssp_parse_step_pcm_request(command->payload, command->length, &request)) return ss_refuse_length(command);
    if (!ss_front_end_fits(model)) return ss_refuse(command, SSP_ERROR_NO_FRONT_END, 0);
    if (request.samples_per_step != model->samples_per_step) {
        return ss_refuse(command, SSP_ERROR_BAD_SHAPE, model->samples_per_step);
    }
    const uint8_t allowed = SSP_STEP_FLAGS_LOGITS | SSP_STEP_FLAGS_MASKS | SSP_STEP_FLAGS_FEATURES | SSP_STEP_FLAGS_NPU;
    if (!check_batch(command, request.steps, request.flags, allowed, request.gate_bytes)) return 0;
    ssp_step_pcm_reply reply = {
        .steps = request.steps,
        .flags = request.flags,
        .gate_bytes = request.gate_bytes,
        .logit_bytes = ss_logit_bytes(model),
        .feature_bytes = ss_feature_bytes(model),
    };
    const size_t length = ssp_place_step_pcm_reply(command->reply, SSP_MAX_PAYLOAD, &reply);
    if (length == SSP_NO_ROOM) {
        const uint32_t features = (request.flags & SSP_STEP_FLAGS_FEATURES) != 0 ? ss_feature_bytes(model) : 0u;
        return refuse_steps(command, 7u, step_bytes(model, request.flags) + 8u + features);
    }
    const ss_batch batch = {
        .masks = request.masks,
        .gates = reply.gates,
        .tokens = reply.tokens,
        .instructions = reply.instructions,
        .cycles = reply.cycles,
        .logits = reply.logits,
        .npu_jobs = reply.npu_jobs,
        .npu_cycles = reply.npu_cycles,
        .gate_bytes = request.gate_bytes,
    };
    for (uint32_t i = 0; i < request.steps; i++) {
        run_front_end(session, &reply, i, request.pcm + (size_t)i * 2u * model->samples_per_step);
        const ss_status status = run_step(session, &batch, i, session->features);
        if (refuse_step(command, status)) return 0;
    }
    ss_accelerator_release();
    return length;
}

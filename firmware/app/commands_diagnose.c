/* LINK_INFO, FAULT_INFO, SELF_TEST: is the device in order? */
#include "commands.h"
#include "hal.h"

enum { KNOWN_TESTS = SSP_SELF_TESTS_WEIGHTS | SSP_SELF_TESTS_KERNELS | SSP_SELF_TESTS_RAM | SSP_SELF_TESTS_FAULT };

size_t ss_command_link_info(ss_command *command) {
    const ss_link_counts *const counts = &command->link->counts;
    if (!ssp_parse_link_info_request(command->length)) return ss_refuse_length(command);
    ssp_link_info_reply reply = {
        .frames = counts->frames,
        .repeats = command->repeats,
        .crc_errors = counts->crc_errors,
        .framing_errors = counts->framing_errors,
        .oversized = counts->oversized,
        .overruns = ss_uart_overruns(),
        .errors_sent = command->errors_sent,
    };
    return ssp_place_link_info_reply(command->reply, SSP_MAX_PAYLOAD, &reply);
}

size_t ss_command_fault_info(ss_command *command) {
    const ss_fault_record *const fault = ss_fault_state();
    if (!ssp_parse_fault_info_request(command->length)) return ss_refuse_length(command);
    ssp_fault_info_reply reply = {
        .count = (uint16_t)fault->count,
        .kind = (uint8_t)fault->kind,
        .exception = (uint16_t)fault->exception,
        .pc = fault->pc,
        .lr = fault->lr,
        .cfsr = fault->cfsr,
        .hfsr = fault->hfsr,
        .address = fault->address,
    };
    return ssp_place_fault_info_reply(command->reply, SSP_MAX_PAYLOAD, &reply);
}

/* Write and read back a pattern that differs from address to address, and its complement. */
static bool test_memory(volatile uint8_t *bytes, uint32_t count) {
    for (uint32_t pass = 0; pass < 2; pass++) {
        const uint32_t flip = pass == 0 ? 0u : 0xFFu;
        for (uint32_t i = 0; i < count; i++) bytes[i] = (uint8_t)(((i * 167u + (i >> 8)) ^ flip) & 0xFFu);
        for (uint32_t i = 0; i < count; i++) {
            if (bytes[i] != (uint8_t)(((i * 167u + (i >> 8)) ^ flip) & 0xFFu)) return false;
        }
    }
    return true;
}

static bool test_ram(ssp_self_test_reply *reply) {
    const ss_session_memory memory = ss_session_memory_get();
    reply->ram_bytes = memory.arena_bytes + memory.state_bytes;
    return test_memory(memory.arena, memory.arena_bytes) && test_memory(memory.state, memory.state_bytes);
}

size_t ss_command_self_test(ss_command *command) {
    ss_session *const session = command->session;
    const ss_model *const model = session->instance.model;
    ssp_self_test_request request;
    if (!ssp_parse_self_test_request(command->payload, command->length, &request)) return ss_refuse_length(command);
    if ((request.tests & ~KNOWN_TESTS) != 0) return ss_refuse(command, SSP_ERROR_BAD_VALUE, 0);
    if ((request.tests & SSP_SELF_TESTS_FAULT) != 0) ss_fault_provoke();
    ssp_self_test_reply reply = {.ran = request.tests, .failed_segment = UINT16_MAX};
    uint32_t failed = 0;
    if ((request.tests & SSP_SELF_TESTS_WEIGHTS) != 0) {
        reply.weight_segments = model->weight_segment_count;
        if (ss_check_weights(model, &reply.failed_segment) != SS_OK) failed |= SSP_SELF_TESTS_WEIGHTS;
    }
    if ((request.tests & SSP_SELF_TESTS_RAM) != 0 && !test_ram(&reply)) failed |= SSP_SELF_TESTS_RAM;
    if ((request.tests & SSP_SELF_TESTS_KERNELS) != 0) {
        reply.known_answer_steps = model->known_answer_steps;
        if (ss_known_answer(&session->instance, session->features, session->logits) != SS_OK) {
            failed |= SSP_SELF_TESTS_KERNELS;
        }
    }
    if ((request.tests & (SSP_SELF_TESTS_RAM | SSP_SELF_TESTS_KERNELS)) != 0) ss_session_reset(session);
    reply.failed = (uint8_t)failed;
    return ssp_place_self_test_reply(command->reply, SSP_MAX_PAYLOAD, &reply);
}

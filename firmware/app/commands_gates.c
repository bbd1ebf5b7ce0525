/* SET_GATE_SOURCE, SET_THRESHOLD_OFFSET: what decides which blocks run. SET_IDLE_RESET: what follows when none does. */
#include "commands.h"

_Static_assert((int)SSP_GATE_SOURCE_ARBITRATOR == (int)SS_GATES_ARBITRATOR, "gate sources have one numbering");
_Static_assert((int)SSP_GATE_SOURCE_ALL == (int)SS_GATES_ALL, "gate sources have one numbering");
_Static_assert((int)SSP_GATE_SOURCE_NONE == (int)SS_GATES_NONE, "gate sources have one numbering");
_Static_assert((int)SSP_GATE_SOURCE_MASK == (int)SS_GATES_MASK, "gate sources have one numbering");
_Static_assert((int)SSP_GATE_SOURCE_TRACE == (int)SS_GATES_TRACE, "gate sources have one numbering");

size_t ss_command_set_gate_source(ss_command *command) {
    ss_session *const session = command->session;
    const ss_model *const model = session->instance.model;
    ssp_set_gate_source_request request;
    if (!ssp_parse_set_gate_source_request(command->payload, command->length, &request)) {
        return ss_refuse_length(command);
    }
    if (request.source > SSP_GATE_SOURCE_TRACE) return ss_refuse(command, SSP_ERROR_BAD_VALUE, 0);
    const uint8_t wanted = request.source == SSP_GATE_SOURCE_MASK ? ss_gate_bytes(model) : 0u;
    if (request.gate_bytes != wanted) return ss_refuse(command, SSP_ERROR_BAD_SHAPE, wanted);
    if (request.source == SSP_GATE_SOURCE_MASK) ss_gates_unpack(request.mask, model->block_count, session->mask);
    const ss_status status =
        ss_set_gate_source(&session->instance, (ss_gate_source)request.source, session->mask);
    if (status != SS_OK) return ss_refuse(command, SSP_ERROR_MODEL, (uint32_t)status);
    return ssp_place_set_gate_source_reply();
}

size_t ss_command_set_threshold_offset(ss_command *command) {
    ssp_set_threshold_offset_request request;
    if (!ssp_parse_set_threshold_offset_request(command->payload, command->length, &request)) {
        return ss_refuse_length(command);
    }
    const ss_status status = ss_set_threshold_offset(&command->session->instance, request.offset);
    if (status != SS_OK) return ss_refuse(command, SSP_ERROR_MODEL, (uint32_t)status);
    return ssp_place_set_threshold_offset_reply();
}

size_t ss_command_set_idle_reset(ss_command *command) {
    ssp_set_idle_reset_request request;
    if (!ssp_parse_set_idle_reset_request(command->payload, command->length, &request)) {
        return ss_refuse_length(command);
    }
    const ss_status status = ss_set_idle_reset(&command->session->instance, request.steps, request.blocks);
    if (status != SS_OK) return ss_refuse(command, SSP_ERROR_MODEL, (uint32_t)status);
    return ssp_place_set_idle_reset_reply();
}

/* STATE_READ, TEXT: what the stream holds. */
#include <string.h>

#include "commands.h"

enum {
    STATE_READ_HEAD = 12, /* bytes before the data */
    TEXT_HEAD = 7,
};

static uint16_t page_bytes(uint32_t left, uint32_t head, uint32_t wanted) {
    const uint32_t room = (uint32_t)SSP_MAX_PAYLOAD - head;
    const uint32_t most = left < room ? left : room;
    return (uint16_t)(wanted < most ? wanted : most);
}

size_t ss_command_state_read(ss_command *command) {
    const ss_instance *const instance = &command->session->instance;
    ssp_state_read_request request;
    if (!ssp_parse_state_read_request(command->payload, command->length, &request)) return ss_refuse_length(command);
    const ss_state_info *const state = ss_state(instance->model, request.state);
    if (state == NULL) return ss_refuse(command, SSP_ERROR_BAD_INDEX, instance->model->state_count);
    const uint32_t total = ss_state_bytes(state);
    if (request.offset > total) return ss_refuse(command, SSP_ERROR_BAD_INDEX, total);
    ssp_state_read_reply reply = {
        .state = request.state,
        .offset = request.offset,
        .total = total,
        .length = page_bytes(total - request.offset, STATE_READ_HEAD, request.length),
    };
    const size_t length = ssp_place_state_read_reply(command->reply, SSP_MAX_PAYLOAD, &reply);
    const ss_status status =
        ss_state_read(instance, request.state, request.offset, reply.length, (int8_t *)reply.data);
    if (status != SS_OK) return ss_refuse(command, SSP_ERROR_MODEL, (uint32_t)status);
    return length;
}

size_t ss_command_text(ss_command *command) {
    const ss_transcript *const transcript = &command->session->transcript;
    const uint16_t total = ss_transcript_length(transcript);
    ssp_text_request request;
    if (!ssp_parse_text_request(command->payload, command->length, &request)) return ss_refuse_length(command);
    if (request.offset > total) return ss_refuse(command, SSP_ERROR_BAD_INDEX, total);
    ssp_text_reply reply = {
        .total = total,
        .offset = request.offset,
        .truncated = transcript->truncated ? 1u : 0u,
        .length = page_bytes((uint32_t)total - request.offset, TEXT_HEAD, SSP_MAX_PAYLOAD),
    };
    const size_t length = ssp_place_text_reply(command->reply, SSP_MAX_PAYLOAD, &reply);
    memcpy(reply.text, transcript->text + request.offset, reply.length);
    return length;
}

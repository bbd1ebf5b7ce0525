/* HELLO, BLOCK_INFO, STATE_INFO: who is there and what the model is made of. */
#include <string.h>

#include "board_config.h"
#include "commands.h"
#include "front_end.h"
#include "hal.h"
#include "version.h"

enum { PAGE = 60 }; /* table entries a reply; 45 bytes each at most */

size_t ss_command_hello(ss_command *command) {
    const ss_model *const model = &ss_generated_model;
    if (!ssp_parse_hello_request(command->length)) return ss_refuse_length(command);
    ssp_hello_reply reply = {
        .protocol_version = SSP_VERSION,
        .firmware_major = SS_VERSION_MAJOR,
        .firmware_minor = SS_VERSION_MINOR,
        .firmware_patch = SS_VERSION_PATCH,
        .clock_hz = SS_CLOCK_HZ,
        .counter = command->counter_kind,
        .feature_count = model->feature_count,
        .feature_width = model->feature_width,
        .frames_per_step = model->frames_per_step,
        .samples_per_step = ss_front_end_fits(model) ? model->samples_per_step : 0u,
        .logit_count = model->logit_count,
        .logit_width = model->logit_width,
        .block_count = model->block_count,
        .state_count = model->state_count,
        .token_count = model->token_count,
        .gate_bytes = ss_gate_bytes(model),
        .blank = model->blank,
        .max_payload = SSP_MAX_PAYLOAD,
        .faults = (uint16_t)ss_fault_state()->count,
    };
    const size_t length = ssp_place_hello_reply(command->reply, SSP_MAX_PAYLOAD, &reply);
    ssp_put_text(reply.board, 32, SS_BOARD_NAME);
    ssp_put_text(reply.core, 16, SS_BOARD_CORE);
    ssp_put_text(reply.model, 32, model->name);
    memcpy(reply.model_sha256, model->sha256, SS_DIGEST_BYTES);
    return length;
}

static uint8_t page_count(uint16_t first, uint16_t total) {
    const uint16_t left = (uint16_t)(total - first);
    return (uint8_t)(left < PAGE ? left : PAGE);
}

size_t ss_command_block_info(ss_command *command) {
    const ss_model *const model = &ss_generated_model;
    ssp_block_info_request request;
    if (!ssp_parse_block_info_request(command->payload, command->length, &request)) return ss_refuse_length(command);
    if (request.first > model->block_count) return ss_refuse(command, SSP_ERROR_BAD_INDEX, model->block_count);
    ssp_block_info_reply reply = {
        .total = model->block_count,
        .first = request.first,
        .count = page_count(request.first, model->block_count),
    };
    const size_t length = ssp_place_block_info_reply(command->reply, SSP_MAX_PAYLOAD, &reply);
    for (uint32_t i = 0; i < reply.count; i++) {
        const ss_block_info *const block = &model->blocks[request.first + i];
        ssp_put_text(reply.names + 32u * i, 32, block->name);
        ssp_put_u8(reply.kinds + i, (uint8_t)block->kind);
        ssp_put_i16(reply.thresholds + 2u * i, block->threshold);
        ssp_put_u32(reply.macs + 4u * i, block->macs);
        ssp_put_u32(reply.weight_bytes + 4u * i, block->weight_bytes);
    }
    return length;
}

size_t ss_command_state_info(ss_command *command) {
    const ss_model *const model = &ss_generated_model;
    ssp_state_info_request request;
    if (!ssp_parse_state_info_request(command->payload, command->length, &request)) return ss_refuse_length(command);
    if (request.first > model->state_count) return ss_refuse(command, SSP_ERROR_BAD_INDEX, model->state_count);
    ssp_state_info_reply reply = {
        .total = model->state_count,
        .first = request.first,
        .count = page_count(request.first, model->state_count),
    };
    const size_t length = ssp_place_state_info_reply(command->reply, SSP_MAX_PAYLOAD, &reply);
    for (uint32_t i = 0; i < reply.count; i++) {
        const ss_state_info *const state = &model->states[request.first + i];
        ssp_put_text(reply.names + 32u * i, 32, state->name);
        ssp_put_u32(reply.bytes + 4u * i, ss_state_bytes(state));
        ssp_put_u8(reply.ranks + i, state->rank);
        for (uint32_t axis = 0; axis < 4; axis++) {
            ssp_put_u16(reply.shapes + 8u * i + 2u * axis, axis < state->rank ? state->shape[axis] : 0u);
        }
    }
    return length;
}

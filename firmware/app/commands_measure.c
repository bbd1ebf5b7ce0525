/* PROFILE, MEMORY: what the stream has cost so far. */
#include "commands.h"
#include "hal.h"
#include "profile.h"

enum { PAGE = 64 }; /* blocks a reply; 24 bytes each */

size_t ss_command_profile(ss_command *command) {
    const uint16_t blocks = ss_generated_model.block_count;
    const ss_profile *const sums = ss_profile_sums();
    ssp_profile_request request;
    if (!ssp_parse_profile_request(command->payload, command->length, &request)) return ss_refuse_length(command);
    if ((request.flags & ~SSP_PROFILE_FLAGS_CLEAR) != 0) return ss_refuse(command, SSP_ERROR_BAD_VALUE, 0);
    if (request.first > blocks) return ss_refuse(command, SSP_ERROR_BAD_INDEX, blocks);
    const uint16_t left = (uint16_t)(blocks - request.first);
    const ss_counters *const before = &sums->parts[blocks];
    const ss_counters *const after = &sums->parts[blocks + 1u];
    ssp_profile_reply reply = {
        .steps = sums->steps,
        .instructions = sums->model.instructions,
        .cycles = sums->model.cycles,
        .front_end_instructions = sums->front_end.instructions,
        .front_end_cycles = sums->front_end.cycles,
        .before_instructions = before->instructions,
        .before_cycles = before->cycles,
        .after_instructions = after->instructions,
        .after_cycles = after->cycles,
        .total = blocks,
        .first = request.first,
        .count = (uint8_t)(left < PAGE ? left : PAGE),
    };
    const size_t length = ssp_place_profile_reply(command->reply, SSP_MAX_PAYLOAD, &reply);
    for (uint32_t i = 0; i < reply.count; i++) {
        const uint32_t block = request.first + i;
        ssp_put_u32(reply.runs + 4u * i, sums->runs[block]);
        ssp_put_u32(reply.skips + 4u * i, sums->steps - sums->runs[block]);
        ssp_put_u64(reply.block_instructions + 8u * i, sums->parts[block].instructions);
        ssp_put_u64(reply.block_cycles + 8u * i, sums->parts[block].cycles);
    }
    if ((request.flags & SSP_PROFILE_FLAGS_CLEAR) != 0) ss_profile_clear();
    return length;
}

/* Bytes of the stack that were ever written: start-up filled it with SS_STACK_PAINT. */
static uint32_t stack_used(const ss_memory_map *map) {
    uint32_t untouched = 0;
    while (untouched < map->stack_bytes && map->stack[untouched] == SS_STACK_PAINT) untouched++;
    return map->stack_bytes - untouched;
}

size_t ss_command_memory(ss_command *command) {
    const ss_memory_map map = ss_memory_layout();
    const ss_session_memory memory = ss_session_memory_get();
    if (!ssp_parse_memory_request(command->length)) return ss_refuse_length(command);
    const uint32_t model_bytes = memory.arena_bytes + memory.state_bytes;
    ssp_memory_reply reply = {
        .stack_bytes = map.stack_bytes,
        .stack_used = stack_used(&map),
        .arena_bytes = memory.arena_bytes,
        .state_bytes = memory.state_bytes,
        .static_bytes = map.static_bytes > model_bytes ? map.static_bytes - model_bytes : 0u,
        .flash_bytes = map.image_bytes,
        .weight_bytes = ss_generated_model.weight_bytes,
    };
    return ssp_place_memory_reply(command->reply, SSP_MAX_PAYLOAD, &reply);
}

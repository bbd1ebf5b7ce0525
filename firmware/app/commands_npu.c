/* NPU_INFO, NPU_PROFILE: the accelerator and what it did. */
#include "accelerator.h"
#include "commands.h"
#include "profile.h"

enum { PAGE = 64 }; /* blocks a reply; 12 bytes each */

size_t ss_command_npu_info(ss_command *command) {
    if (!ssp_parse_npu_info_request(command->length)) return ss_refuse_length(command);
    if (!ss_accelerator_is_there()) return ss_refuse(command, SSP_ERROR_NO_NPU, 0);
    const ss_accelerator_counts counts = ss_accelerator_counts_read();
    const ss_accelerator_fault fault = ss_accelerator_last_fault();
    ssp_npu_info_reply reply = {
        .macs = ss_accelerator_macs(),
        .jobs = counts.jobs,
        .cycles = counts.cycles,
        .error = (uint8_t)fault.error,
        .job = fault.job,
        .status = fault.status,
        .queue_offset = fault.queue_offset,
        .interface = fault.interface,
        .channel = fault.channel,
    };
    return ssp_place_npu_info_reply(command->reply, SSP_MAX_PAYLOAD, &reply);
}

size_t ss_command_npu_profile(ss_command *command) {
    const uint16_t blocks = ss_generated_model.block_count;
    ssp_npu_profile_request request;
    if (!ssp_parse_npu_profile_request(command->payload, command->length, &request)) return ss_refuse_length(command);
    if (!ss_accelerator_is_there()) return ss_refuse(command, SSP_ERROR_NO_NPU, 0);
    if (request.first > blocks) return ss_refuse(command, SSP_ERROR_BAD_INDEX, blocks);
    const uint16_t left = (uint16_t)(blocks - request.first);
    const ss_accelerator_counts *const model = ss_profile_npu_model();
    const ss_accelerator_counts *const parts = ss_profile_npu_parts();
    ssp_npu_profile_reply reply = {
        .steps = ss_profile_sums()->steps,
        .jobs = model->jobs,
        .cycles = model->cycles,
        .before_jobs = parts[blocks].jobs,
        .before_cycles = parts[blocks].cycles,
        .after_jobs = parts[blocks + 1u].jobs,
        .after_cycles = parts[blocks + 1u].cycles,
        .total = blocks,
        .first = request.first,
        .count = (uint8_t)(left < PAGE ? left : PAGE),
    };
    const size_t length = ssp_place_npu_profile_reply(command->reply, SSP_MAX_PAYLOAD, &reply);
    for (uint32_t i = 0; i < reply.count; i++) {
        ssp_put_u32(reply.block_jobs + 4u * i, parts[request.first + i].jobs);
        ssp_put_u64(reply.block_cycles + 8u * i, parts[request.first + i].cycles);
    }
    return length;
}

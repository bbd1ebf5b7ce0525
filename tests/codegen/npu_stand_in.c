/* Stands for the driver on the host: ss_npu_run executes the stream on the functional model, in the memory of the program. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "npu_model.h"
#include "ss_npu.h"

ss_npu ss_npu_device;

typedef struct stand_in {
    const ss_npu_job *job;
    const ss_npu_region *regions;
    uint32_t count;
} stand_in;

static bool lies_in(uint64_t address, uint32_t bytes, uint64_t base, uint64_t size) {
    return address >= base && address + bytes <= base + size;
}

/* Region 0 has constants of unknown size, which must not be written; the address sanitizer watches its reads. */
static bool is_allowed(const stand_in *memory, uint64_t address, uint32_t bytes, bool write) {
    if (!write && lies_in(address, bytes, (uintptr_t)memory->job->commands, memory->job->command_bytes)) {
        return true;
    }
    for (uint32_t i = 0; i < memory->count; ++i) {
        const ss_npu_region *region = &memory->regions[i];
        const uint64_t size = region->bytes == 0U ? UINT32_MAX : region->bytes;
        if (lies_in(address, bytes, region->address, size) && !(write && region->bytes == 0U)) {
            return true;
        }
    }
    return false;
}

static bool read_memory(void *context, uint64_t address, void *data, uint32_t bytes) {
    if (!is_allowed(context, address, bytes, false)) {
        return false;
    }
    memcpy(data, (const void *)(uintptr_t)address, bytes);
    return true;
}

static bool write_memory(void *context, uint64_t address, const void *data, uint32_t bytes) {
    if (!is_allowed(context, address, bytes, true)) {
        return false;
    }
    memcpy((void *)(uintptr_t)address, data, bytes);
    return true;
}

ss_npu_error ss_npu_run(ss_npu *npu, const ss_npu_job *job, const ss_npu_region *regions, uint32_t region_count) {
    stand_in context = {job, regions, region_count};
    const npu_config config = {.macs_per_cycle = NPU_MACS};
    const npu_memory memory = {&context, read_memory, write_memory};
    uint64_t bases[NPU_REGIONS] = {0};
    for (uint32_t i = 0; i < region_count; ++i) {
        if (regions[i].address % SS_NPU_COMMAND_ALIGNMENT != 0U) {
            fprintf(stderr, "region %u is not aligned\n", i);
            exit(5);
        }
        bases[i] = regions[i].address;
    }
    npu->jobs++;
    const npu_result result = npu_execute(&config, bases, (uintptr_t)job->commands, job->command_bytes, &memory, NULL);
    if (result.fault != NPU_OK) {
        fprintf(stderr, "job %u: %s at byte %u: %s\n", npu->jobs, npu_fault_name(result.fault), result.offset, result.text);
        exit(6);
    }
    return SS_NPU_OK;
}
